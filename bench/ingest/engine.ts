/** What ClickHouse itself spends on a span: the collector writes into the embedded engine with the migrated schema. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, type ClickHouseClient } from '@clickhouse/client'
import { migrate } from '@sandglass/schemas/migrate'
import { startEmbedded, type Embedded } from '../../embedded/src/index.ts'
import type { Bench } from './bench.ts'
import { TRACES } from './measure.ts'
import { cpuSecondsOf } from './process-tree.ts'
import { startSandglass } from './sandglass.ts'
import { shapes } from './throughput.ts'

export interface EngineFigures {
  /** CPU time of the engine for each span stored: insert, views, and merges until none is left; what it spends idle is taken off. */
  readonly clickhouseCpuUsPerSpan: number
  readonly ackedSpans: number
  readonly storedSpans: number
  readonly distinctSpanIds: number
}

/** Leaves both the collector and the engine room on a machine of two cores. */
const SPANS_PER_SECOND = 50_000

const IDLE_SECONDS = 3

/** Throws unless the stored rows are the acknowledged ones, each once. */
export async function measureEngine(bench: Bench, seconds: number): Promise<EngineFigures> {
  const directory = await bench.newDirectory()
  const engine = await startEmbedded({ dataDir: join(directory, 'engine') })
  const { writeUrl: url, username, password } = engine
  const client = createClient({ url, username, password })
  try {
    await migrate(client)
    return await measureOn(bench, { directory, engine, client, seconds })
  } finally {
    await client.close()
    await engine.stop()
  }
}

interface EngineRun {
  readonly directory: string
  readonly engine: Embedded
  readonly client: ClickHouseClient
  readonly seconds: number
}

async function measureOn(
  bench: Bench,
  { directory, engine, client, seconds }: EngineRun,
): Promise<EngineFigures> {
  const { writeUrl: url, username, password } = engine
  const subject = await startSandglass({ directory, clickhouse: { url, username, password } })
  const idleShare = await idleShareOf(engine.pid)
  const startedMs = performance.now()
  const cpuBefore = cpuSecondsOf(engine.pid)
  const { ackedSpans } = await bench.load.call('run', {
    url: subject.url,
    shape: shapes.protobuf,
    arrivals: { kind: 'open', spansPerSecond: SPANS_PER_SECOND },
    seconds,
  })
  await subject.stop()
  await merged(client)
  const elapsedSeconds = (performance.now() - startedMs) / 1000
  const cpuSeconds = cpuSecondsOf(engine.pid) - cpuBefore - idleShare * elapsedSeconds
  const figures = {
    clickhouseCpuUsPerSpan: (cpuSeconds / ackedSpans) * 1e6,
    ackedSpans,
    storedSpans: await selectNumber(client, `SELECT count() FROM ${TRACES}`),
    distinctSpanIds: await selectNumber(client, `SELECT uniqExact(SpanId) FROM ${TRACES}`),
  }
  assertExact(figures)
  return figures
}

function assertExact({ ackedSpans, storedSpans, distinctSpanIds }: EngineFigures): void {
  if (storedSpans === ackedSpans && distinctSpanIds === ackedSpans) return
  throw new Error(`${ackedSpans} spans acknowledged, ${storedSpans} rows stored, ${distinctSpanIds} span ids`)
}

/** CPU seconds a second that the engine takes with nothing to do. */
async function idleShareOf(pid: number): Promise<number> {
  const before = cpuSecondsOf(pid)
  await sleep(IDLE_SECONDS * 1000)
  return (cpuSecondsOf(pid) - before) / IDLE_SECONDS
}

const MERGE_POLL_MS = 500
const MERGE_POLLS_MAX = 120

/** Resolves when no merge has been running for two looks. */
async function merged(client: ClickHouseClient): Promise<void> {
  let quiet = 0
  for (let polls = 0; quiet < 2 && polls < MERGE_POLLS_MAX; polls += 1) {
    quiet = (await selectNumber(client, 'SELECT count() FROM system.merges')) === 0 ? quiet + 1 : 0
    await sleep(MERGE_POLL_MS)
  }
}

export async function selectNumber(client: ClickHouseClient, query: string): Promise<number> {
  const result = await client.query({ query, format: 'JSONCompactEachRow' })
  const [row] = await result.json<readonly [string | number]>()
  return Number(row?.[0])
}
