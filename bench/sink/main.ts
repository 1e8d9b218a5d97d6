/** The sink as a process of its own. */
import { serve } from '../ingest/service.ts'
import { openSink, type Sink } from './sink.ts'
import type { StoreAddress } from './store.ts'
import type { Tally } from './tally.ts'

let sink: Sink | undefined

function opened(): Sink {
  if (sink === undefined) throw new Error('the sink is not open')
  return sink
}

const service = {
  /** Opens a sink, once; the address it listens on. */
  open: async ({ store }: { readonly store?: StoreAddress }): Promise<string> => {
    sink = await openSink(store === undefined ? {} : { store })
    return sink.url
  },
  tally: ({ table }: { readonly table: string }): Tally => opened().tallies.of(table),
  /** Closes the port, or opens it again. */
  listen: ({ open }: { readonly open: boolean }): Promise<void> => (open ? opened().up() : opened().down()),
}

export type SinkService = typeof service

serve(service)
