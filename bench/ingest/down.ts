/** Memory while ClickHouse is away and load goes on. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunFigures } from '../load/run.ts'
import type { Bench } from './bench.ts'
import { drained, TRACES } from './measure.ts'
import { rssMbMaxOf, rssMbOf } from './process-tree.ts'
import { startSandglass } from './sandglass.ts'
import { shapes } from './throughput.ts'

export const DOWN_SPANS_PER_SECOND = 20_000

const WARM_SECONDS = 10
const SAMPLE_MS = 250

export interface DownFigures {
  /** Largest resident memory in the first and in the last tenth of the outage, MiB. */
  readonly rssMbFirst: number
  readonly rssMbLast: number
  /** Largest resident memory of the whole life, delivery of the backlog after the outage included, MiB. */
  readonly rssMbMax: number
  readonly ackedSpans: number
  readonly refused: number
  readonly ackMsP99: number
  /** From the return of the sink until the last row was in it. */
  readonly catchUpSeconds: number
}

/** Throws unless everything acknowledged is in the sink, once, after it came back. */
export async function measureDown(bench: Bench, seconds: number): Promise<DownFigures> {
  const sink = await bench.openSink()
  const subject = await startSandglass({
    directory: await bench.newDirectory(),
    clickhouse: { url: sink.url },
  })
  const run = (length: number): Promise<RunFigures> =>
    bench.load.call('run', {
      url: subject.url,
      shape: shapes.protobuf,
      arrivals: { kind: 'open', spansPerSecond: DOWN_SPANS_PER_SECOND },
      seconds: length,
    })
  const warm = await run(WARM_SECONDS)
  await drained(sink, warm.ackedSpans)
  await sink.child.call('listen', { open: false })
  const { result, samples } = await sampled(run(seconds), () => rssMbOf(subject.pid))
  const startedMs = performance.now()
  await sink.child.call('listen', { open: true })
  const ackedSpans = warm.ackedSpans + result.ackedSpans
  await drained(sink, ackedSpans)
  const catchUpSeconds = (performance.now() - startedMs) / 1000
  const { repeats } = await sink.child.call('tally', { table: TRACES })
  if (repeats > 0) throw new Error(`${repeats} segments came twice although none was answered with an error`)
  const figures = {
    ...tenthsOf(samples),
    rssMbMax: rssMbMaxOf(subject.pid),
    ackedSpans,
    refused: result.refused,
    ackMsP99: result.latencies.p99Ms,
    catchUpSeconds,
  }
  await subject.stop()
  await sink.child.stop()
  return figures
}

async function sampled<T>(
  running: Promise<T>,
  sample: () => number,
): Promise<{ readonly result: T; readonly samples: readonly number[] }> {
  const samples: number[] = []
  const ended = running.then((result) => ({ result }))
  for (;;) {
    samples.push(sample())
    const outcome = await Promise.race([ended, sleep(SAMPLE_MS)])
    if (outcome !== undefined) return { result: outcome.result, samples }
  }
}

function tenthsOf(samples: readonly number[]): { readonly rssMbFirst: number; readonly rssMbLast: number } {
  const tenth = Math.ceil(samples.length / 10)
  return {
    rssMbFirst: Math.max(...samples.slice(0, tenth)),
    rssMbLast: Math.max(...samples.slice(-tenth)),
  }
}
