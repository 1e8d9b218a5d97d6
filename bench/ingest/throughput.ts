/** How many spans a second of CPU time carries, at as much load as the collector takes. */
import type { LoadShape } from '../load/bodies.ts'
import type { Bench } from './bench.ts'
import { measure, type Measured, type Target } from './measure.ts'
import type { IngestOptions } from './options.ts'
import { startSandglass } from './sandglass.ts'

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

export const prepare = (bench: Bench, shape: LoadShape, options: IngestOptions): Promise<void> =>
  bench.load.call('prepare', {
    shape,
    gzipped:
      shape.encoding === 'gzip'
        ? GZIPPED_PER_SECOND * (options.seconds + options.warmSeconds) * options.repeat
        : 0,
  })

/** Runs `use` on a warm collector that is fresh, with a sink of its own. */
export async function withWarmCollector<T>(
  bench: Bench,
  shape: LoadShape,
  options: IngestOptions,
  use: (target: Target) => Promise<T>,
): Promise<T> {
  const sink = await bench.openSink()
  const directory = await bench.newDirectory()
  const profile = options.profile === undefined ? {} : { profileDirectory: options.profile }
  const subject = await startSandglass({ directory, clickhouse: { url: sink.url }, ...profile })
  const target = { bench, subject, sink }
  const { clients, warmSeconds } = options
  if (warmSeconds > 0) await measure(target, shape, { kind: 'closed', clients }, warmSeconds)
  const result = await use(target)
  await subject.stop()
  await sink.child.stop()
  return result
}

/** At as much load as it takes. */
export const measureFull = (target: Target, shape: LoadShape, options: IngestOptions): Promise<Measured> =>
  measure(target, shape, { kind: 'closed', clients: options.clients }, options.seconds)

export interface FullAndHalf {
  readonly full: Measured
  /** At half the rate of `full`, arrivals independent of each other. */
  readonly half: Measured
}

export async function measureFullAndHalf(
  target: Target,
  shape: LoadShape,
  options: IngestOptions,
): Promise<FullAndHalf> {
  const full = await measureFull(target, shape, options)
  const spansPerSecond = full.spansPerSecond / 2
  return { full, half: await measure(target, shape, { kind: 'open', spansPerSecond }, options.seconds) }
}
