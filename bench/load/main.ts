/** The load generator as a process of its own. */
import { serve } from '../ingest/service.ts'
import { createBodies, type Bodies, type BodyCounts, type LoadShape } from './bodies.ts'
import { runLoad, type RunFigures, type RunOptions } from './run.ts'

const prepared = new Map<string, Bodies>()

const keyOf = ({ encoding, spansPerRequest }: LoadShape): string => `${encoding} ${spansPerRequest}`

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
  run: async (options: RunOptions): Promise<RunFigures> => {
    const bodies = prepared.get(keyOf(options.shape))
    if (bodies === undefined) throw new Error(`no bodies prepared for ${keyOf(options.shape)}`)
    return runLoad(options, bodies)
  },
}

export type LoadService = typeof service

serve(service)
