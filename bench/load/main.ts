/** The load generator as a process of its own. */
import { serve } from '../ingest/service.ts'
import { createBodies, type Bodies, type LoadShape } from './bodies.ts'
import { runLoad, type RunFigures, type RunOptions } from './run.ts'

/** 192 requests of 512 spans: more than any cache of a collector would remember. */
const TEMPLATE_SPANS = 98_304

const prepared = new Map<string, Bodies>()

const keyOf = ({ encoding, spansPerRequest }: LoadShape): string => `${encoding} ${spansPerRequest}`

const service = {
  /** Generates the bodies of a shape. */
  prepare: async ({
    shape,
    gzipped,
  }: {
    readonly shape: LoadShape
    readonly gzipped: number
  }): Promise<void> => {
    prepared.set(keyOf(shape), await createBodies(shape, { templateSpans: TEMPLATE_SPANS, gzipped }))
  },
  run: async (options: RunOptions): Promise<RunFigures> => {
    const bodies = prepared.get(keyOf(options.shape))
    if (bodies === undefined) throw new Error(`no bodies prepared for ${keyOf(options.shape)}`)
    return runLoad(options, bodies)
  },
}

export type LoadService = typeof service

serve(service)
