/** How many spans a second of CPU time carries, at as much load as the collector takes. */
import type { LoadShape } from '../load/bodies.ts'
import type { Bench } from './bench.ts'
import { measure, type Measured, type Target } from './measure.ts'
import type { IngestOptions, LoadOptions } from './options.ts'
import { startSandglass } from './sandglass.ts'
import type { Subject } from './subject.ts'

export const SPANS_PER_REQUEST = 512

/** Of a client that sends often and little. */
export const SPANS_PER_SMALL_REQUEST = 32

export const shapes = {
  protobuf: { encoding: 'protobuf', spansPerRequest: SPANS_PER_REQUEST },
  json: { encoding: 'json', spansPerRequest: SPANS_PER_REQUEST },
  gzip: { encoding: 'gzip', spansPerRequest: SPANS_PER_REQUEST },
  small: { encoding: 'protobuf', spansPerRequest: SPANS_PER_SMALL_REQUEST },
} as const satisfies Record<string, LoadShape>

/** Requests a second that gzipped bodies are made for: about a third more than were seen. */
const GZIPPED_PER_SECOND = 500

/** 192 requests of 512 spans: more than any cache of a collector would remember. */
const TEMPLATE_SPANS = 98_304

/** Bodies of one collector's runs. */
export function prepare(bench: Bench, shape: LoadShape, options: LoadOptions): Promise<void> {
  const seconds = options.seconds + options.warmSeconds
  const gzipped = shape.encoding === 'gzip' ? GZIPPED_PER_SECOND * seconds : 0
  return bench.load.call('prepare', { shape, counts: { templateSpans: TEMPLATE_SPANS, gzipped } })
}

/** Starts a subject that inserts into `clickhouseUrl` and keeps its files in `directory`. */
export type Start = (clickhouseUrl: string, directory: string) => Promise<Subject>

/** Our collector; the profile it writes is asked for on the command line. */
export const startOurs =
  ({ profile }: Pick<IngestOptions, 'profile'> = {}): Start =>
  (url, directory) =>
    startSandglass({
      directory,
      clickhouse: { url },
      ...(profile === undefined ? {} : { profileDirectory: profile }),
    })

/** Runs `use` on a subject that is fresh and warm, with a sink of its own. */
export async function withWarmSubject<T>(
  bench: Bench,
  start: Start,
  shape: LoadShape,
  { clients, warmSeconds }: LoadOptions,
  use: (target: Target) => Promise<T>,
): Promise<T> {
  const sink = await bench.openSink()
  const subject = await start(sink.url, await bench.newDirectory())
  const target = { bench, subject, sink }
  await bench.load.call('rewind', { shape })
  if (warmSeconds > 0) await measure(target, shape, { kind: 'closed', clients }, warmSeconds)
  const result = await use(target)
  await subject.stop()
  await sink.child.stop()
  return result
}

/** At as much load as it takes. */
export const measureFull = (target: Target, shape: LoadShape, options: LoadOptions): Promise<Measured> =>
  measure(target, shape, { kind: 'closed', clients: options.clients }, options.seconds)

export interface FullAndHalf {
  readonly full: Measured
  /** At half the rate of `full`, arrivals independent of each other. */
  readonly half: Measured
}

export async function measureFullAndHalf(
  target: Target,
  shape: LoadShape,
  options: LoadOptions,
): Promise<FullAndHalf> {
  const full = await measureFull(target, shape, options)
  const spansPerSecond = full.spansPerSecond / 2
  return { full, half: await measure(target, shape, { kind: 'open', spansPerSecond }, options.seconds) }
}
