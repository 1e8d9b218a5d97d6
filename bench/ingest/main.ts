/**
 * `npm run bench:ingest`: what the collector carries, as a process of its own with its defaults: every request is in the log and
 * synced to disk before it is acknowledged, and everything acknowledged reaches the sink, which is checked for every run.
 */
import { mkdir } from 'node:fs/promises'
import type { LoadShape } from '../load/bodies.ts'
import { startBench, type Bench } from './bench.ts'
import { measureDown } from './down.ts'
import { measureEngine } from './engine.ts'
import { describeMachine } from './machine.ts'
import type { Measured } from './measure.ts'
import { median } from './median.ts'
import { readIngestOptions } from './options.ts'
import { summariseProfiles } from './profile.ts'
import { quietRuns } from './quiet-runs.ts'
import { createSay, tellResult } from './say.ts'
import {
  measureFull,
  measureFullAndHalf,
  prepare,
  shapes,
  startOurs,
  withWarmSubject,
  type FullAndHalf,
} from './throughput.ts'

const options = readIngestOptions(process.argv.slice(2))
const say = createSay(options)

async function run(bench: Bench): Promise<object> {
  const machine = describeMachine()
  const runs = await measureProtobuf(bench)
  const jsonSpansPerCpuSecond = await measureShape(bench, 'json', shapes.json)
  const gzipSpansPerCpuSecond = await measureShape(bench, 'gzip', shapes.gzip)
  const smallRequestSpansPerCpuSecond = await measureShape(bench, 'small', shapes.small)
  const down = options.downSeconds === 0 ? null : await measureDown(bench, options.downSeconds)
  say('down', down)
  const engine = options.engineSeconds === 0 ? null : await measureEngine(bench, options.engineSeconds)
  say('engine', engine)
  return {
    ...summarise(runs),
    clickhouseCpuUsPerSpan: engine?.clickhouseCpuUsPerSpan ?? null,
    jsonSpansPerCpuSecond,
    gzipSpansPerCpuSecond,
    smallRequestSpansPerCpuSecond,
    down,
    engine,
    options,
    machine,
  }
}

async function measureProtobuf(bench: Bench): Promise<readonly FullAndHalf[]> {
  await prepare(bench, shapes.protobuf, options)
  const othersShareOf = ({ full, half }: FullAndHalf): number =>
    Math.max(full.othersCpuShare, half.othersCpuShare)
  return quietRuns(options, othersShareOf, async () => {
    const one = await withWarmSubject(bench, startOurs(options), shapes.protobuf, options, (target) =>
      measureFullAndHalf(target, shapes.protobuf, options),
    )
    say('full', one.full)
    say('half', one.half)
    return one
  })
}

async function measureShape(bench: Bench, name: string, shape: LoadShape): Promise<number> {
  await prepare(bench, shape, options)
  const runs = await quietRuns(options, othersOf, async () => {
    const one = await withWarmSubject(bench, startOurs(options), shape, options, (target) =>
      measureFull(target, shape, options),
    )
    say(name, one)
    return one
  })
  return medianOf(runs, ({ spansPerCpuSecond }) => spansPerCpuSecond)
}

const othersOf = ({ othersCpuShare }: Measured): number => othersCpuShare

const medianOf = <T>(runs: readonly T[], figure: (run: T) => number): number => median(runs.map(figure))

function summarise(runs: readonly FullAndHalf[]): Record<string, number> {
  return {
    spansPerCpuSecond: medianOf(runs, ({ full }) => full.spansPerCpuSecond),
    durableSpansPerSecond: medianOf(runs, ({ full }) => full.spansPerSecond),
    ackMsP50: medianOf(runs, ({ half }) => half.latencies.p50Ms),
    ackMsP99: medianOf(runs, ({ half }) => half.latencies.p99Ms),
    ackMsP99AtFullRate: medianOf(runs, ({ full }) => full.latencies.p99Ms),
    rssMbMax: Math.max(...runs.map(({ full }) => full.rssMbMax)),
    bytesInPerSpan: medianOf(runs, ({ full }) => full.bytesInPerSpan),
    bytesOutPerSpan: medianOf(runs, ({ full }) => full.bytesOutPerSpan),
    othersCpuShare: Math.max(...runs.map(({ full }) => full.othersCpuShare)),
  }
}

const bench = startBench()
try {
  if (options.profile !== undefined) await mkdir(options.profile, { recursive: true })
  const figures = await run(bench)
  if (options.profile !== undefined) say('profile', summariseProfiles(options.profile))
  tellResult(figures)
} finally {
  await bench.stop()
}
