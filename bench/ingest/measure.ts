/** Drives a load at a subject and reads what it cost the subject, from the first request until the last row arrived in the sink. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { LoadShape } from '../load/bodies.ts'
import type { Arrivals, RunFigures } from '../load/run.ts'
import type { Bench, OpenSink } from './bench.ts'
import { watchOthers } from './machine-cpu.ts'
import { cpuSecondsOf, rssMbMaxOf } from './process-tree.ts'
import type { Subject } from './subject.ts'

export interface Target {
  readonly bench: Bench
  readonly subject: Subject
  readonly sink: OpenSink
}

export interface Measured extends RunFigures {
  readonly spansPerSecond: number
  readonly spansPerCpuSecond: number
  /** CPU time of all processes of the subject. */
  readonly cpuSeconds: number
  readonly sinkCpuSeconds: number
  readonly rssMbMax: number
  readonly bytesInPerSpan: number
  readonly bytesOutPerSpan: number
  /** Share of all cores that processes outside the benchmark took meanwhile; above a few percent the figures are too low. */
  readonly othersCpuShare: number
}

/** The table both collectors write spans to. */
export const TRACES = 'otel_traces'

/**
 * One run. All that is acknowledged in it is in the sink when this resolves, once: throws when rows are missing or too many.
 */
export async function measure(
  { bench, subject, sink }: Target,
  shape: LoadShape,
  arrivals: Arrivals,
  seconds: number,
): Promise<Measured> {
  const before = await sink.child.call('tally', { table: TRACES })
  const [cpuBefore, sinkCpuBefore] = [cpuSecondsOf(subject.pid), cpuSecondsOf(sink.child.pid)]
  const others = watchOthers([subject.pid, sink.child.pid, bench.load.pid])
  const run = await bench.load.call('run', { url: subject.url, shape, arrivals, seconds })
  const after = await drained(sink, before.rows + run.ackedSpans)
  const cpuSeconds = cpuSecondsOf(subject.pid) - cpuBefore
  const othersCpuShare = others()
  return {
    ...run,
    spansPerSecond: run.ackedSpans / run.seconds,
    spansPerCpuSecond: run.ackedSpans / cpuSeconds,
    cpuSeconds,
    sinkCpuSeconds: cpuSecondsOf(sink.child.pid) - sinkCpuBefore,
    rssMbMax: rssMbMaxOf(subject.pid),
    bytesInPerSpan: run.bytes / run.ackedSpans,
    bytesOutPerSpan: (after.bytes - before.bytes) / run.ackedSpans,
    othersCpuShare,
  }
}

const POLL_MS = 20

/** Time for what was acknowledged to arrive, ms. */
const DRAIN_MS_MAX = 120_000

/** Time in which no further row may arrive, ms. */
const QUIET_MS = 200

type Tally = Awaited<ReturnType<typeof tallyOf>>

const tallyOf = ({ child }: OpenSink) => child.call('tally', { table: TRACES })

/** Waits until the sink has `rows` rows. Throws when they do not arrive, or more do. */
export async function drained(sink: OpenSink, rows: number): Promise<Tally> {
  const deadlineMs = performance.now() + DRAIN_MS_MAX
  let tally = await tallyOf(sink)
  while (tally.rows < rows) {
    if (performance.now() > deadlineMs)
      throw new Error(`${rows} spans acknowledged, ${tally.rows} in the sink`)
    await sleep(POLL_MS)
    tally = await tallyOf(sink)
  }
  await sleep(QUIET_MS)
  const { rows: found } = await tallyOf(sink)
  if (found !== rows) throw new Error(`${rows} spans acknowledged, ${found} in the sink`)
  return tally
}
