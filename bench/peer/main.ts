/**
 * `npm run bench:peer`: spans per CPU-second of our collector and of otelcol with its ClickHouse exporter, on the same payload,
 * load and sink, in turns, both with a queue on disk that is synced. What each stored in a real ClickHouse is checked.
 */
import { startBench, type Bench } from '../ingest/bench.ts'
import { measureEngine } from '../ingest/engine.ts'
import { describeMachine } from '../ingest/machine.ts'
import { median } from '../ingest/median.ts'
import { readPeerOptions } from '../ingest/options.ts'
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

async function measureInTurns(bench: Bench, program: string): Promise<Readonly<Record<Name, number>>> {
  await prepare(bench, shapes.protobuf, options)
  const subjects: Readonly<Record<Name, Start>> = {
    ours: startOurs(),
    queue: startPeer(program, 'queue', false),
    processor: startPeer(program, 'processor', false),
  }
  const found: Record<Name, number[]> = { ours: [], queue: [], processor: [] }
  for (let turn = 0; turn < options.repeat; turn += 1) {
    for (const name of ['ours', 'queue', 'processor'] as const) {
      const run = await withWarmSubject(bench, subjects[name], shapes.protobuf, options, (target) =>
        measureFull(target, shapes.protobuf, options),
      )
      say(name, run)
      found[name].push(run.spansPerCpuSecond)
    }
  }
  return { ours: median(found.ours), queue: median(found.queue), processor: median(found.processor) }
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
  const { ours, queue, processor } = await measureInTurns(bench, program)
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
