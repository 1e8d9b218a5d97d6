/** The load generator as a process of its own. */
import { serve } from '../ingest/service.ts'
import { createBodies, type Bodies, type BodyCounts, type LoadShape } from './bodies.ts'
import { runLoad, type RunFigures, type RunOptions } from './run.ts'

const prepared = new Map<string, Bodies>()

const keyOf = ({ encoding, spansPerRequest }: LoadShape): string => `${encoding} ${spansPerRequest}`

function preparedFor(shape: LoadShape): Bodies {
  const bodies = prepared.get(keyOf(shape))
  if (bodies === undefined) throw new Error(`no bodies prepared for ${keyOf(shape)}`)
  return bodies
}

const service = {
  /** Generates the bodies of a shape. */
  prepare: async ({
    shape,
    counts,
  }: {
    readonly shape: LoadShape
    readonly counts: BodyCounts
  }): Promise<void> => {
    prepared.set(keyOf(shape), await createBodies(shape, counts))
  },
  /** Before a run at a subject that has seen none of the bodies. */
  rewind: ({ shape }: { readonly shape: LoadShape }): void => preparedFor(shape).rewind(),
  run: async (options: RunOptions): Promise<RunFigures> => {
    return runLoad(options, preparedFor(options.shape))
  },
}

export type LoadService = typeof service

serve(service)
