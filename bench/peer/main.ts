/**
 * `npm run bench:peer`: spans per CPU-second of our collector and of otelcol with its ClickHouse exporter, on the same payload,
 * load and sink, in turns, both with a queue on disk that is synced. What each stored in a real ClickHouse is checked.
 */
import { startBench, type Bench } from '../ingest/bench.ts'
import { measureEngine } from '../ingest/engine.ts'
import { describeMachine } from '../ingest/machine.ts'
import type { Measured } from '../ingest/measure.ts'
import { median } from '../ingest/median.ts'
import { readPeerOptions } from '../ingest/options.ts'
import { quietRuns } from '../ingest/quiet-runs.ts'
import { createSay, tellResult } from '../ingest/say.ts'
import { measureFull, prepare, shapes, startOurs, withWarmSubject, type Start } from '../ingest/throughput.ts'
import { buildOtelcol } from './build.ts'
import { checkStored } from './check.ts'
import { settingsOf, startOtelcol, type Batching } from './otelcol.ts'

const options = readPeerOptions(process.argv.slice(2))
const say = createSay(options)

const startPeer =
  (program: string, batching: Batching, createSchema: boolean): Start =>
  (clickhouseUrl, directory) =>
    startOtelcol({ program, directory, clickhouseUrl, batching, createSchema })

type Name = 'ours' | Batching
type Turn = Readonly<Record<Name, Measured>>
type Medians = Readonly<Record<Name | 'othersCpuShare', number>>

async function measureInTurns(bench: Bench, program: string): Promise<Medians> {
  await prepare(bench, shapes.protobuf, options)
  const subjects: Readonly<Record<Name, Start>> = {
    ours: startOurs(),
    queue: startPeer(program, 'queue', false),
    processor: startPeer(program, 'processor', false),
  }
  const othersShareOf = (turn: Turn): number =>
    Math.max(...Object.values(turn).map(({ othersCpuShare }) => othersCpuShare))
  const turns = await quietRuns(options, othersShareOf, async () => ({
    ours: await measureOne(bench, 'ours', subjects.ours),
    queue: await measureOne(bench, 'queue', subjects.queue),
    processor: await measureOne(bench, 'processor', subjects.processor),
  }))
  const medianOf = (name: Name): number => median(turns.map((turn) => turn[name].spansPerCpuSecond))
  return {
    ours: medianOf('ours'),
    queue: medianOf('queue'),
    processor: medianOf('processor'),
    othersCpuShare: Math.max(...turns.map(othersShareOf)),
  }
}

async function measureOne(bench: Bench, name: Name, start: Start): Promise<Measured> {
  const run = await withWarmSubject(bench, start, shapes.protobuf, options, (target) =>
    measureFull(target, shapes.protobuf, options),
  )
  say(name, run)
  return run
}

/** What each acknowledged and what a real ClickHouse then had of it; ours throws when they differ. */
async function checkBoth(bench: Bench, program: string): Promise<object> {
  const ours = await measureEngine(bench, options.engineSeconds)
  const otelcol = await checkStored(bench, startPeer(program, 'queue', true), options.engineSeconds)
  return { ours, otelcol }
}

async function run(bench: Bench): Promise<object> {
  const machine = describeMachine()
  const program = await buildOtelcol(() =>
    process.stderr.write('building otelcol, a few minutes the first time\n'),
  )
  const { ours, queue, processor, othersCpuShare } = await measureInTurns(bench, program)
  const stored = options.engineSeconds === 0 ? null : await checkBoth(bench, program)
  say('stored', stored)
  const otelcol = Math.max(queue, processor)
  return {
    ours,
    otelcol,
    ratio: ours / otelcol,
    otelcolDurable: queue,
    ratioDurable: ours / queue,
    otelcolBatchProcessor: processor,
    stored,
    othersCpuShare,
    settings: {
      ours: 'the defaults of collector.yaml: one process, synced to disk before each acknowledgement',
      otelcolDurable: settingsOf('queue'),
      otelcolBatchProcessor: settingsOf('processor'),
    },
    options,
    machine,
  }
}

const bench = startBench()
try {
  tellResult(await run(bench))
} finally {
  await bench.stop()
}
