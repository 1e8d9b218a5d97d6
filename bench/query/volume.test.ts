import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client'
import { startTestEmbedded, type TestEmbedded } from '@sandglass/embedded/testing'
import { migrate } from '@sandglass/schemas/migrate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateBase } from './base.ts'
import { findSubject, readRowsRead } from './measure.ts'
import { copyOver } from './run-copies.ts'
import { shippedQueries, type ShippedQuery } from './shipped-queries.ts'
import { measureStorage, type Storage } from './storage.ts'

/** The same hours and people with ten times the sandboxes, tasks and spans. */
const SPANS = 100_000
const TIMES = 10
const HOUR_MS = 3_600_000
/** Sandboxes of the base start within the first hours and live for hours. */
const STARTS_MS = 6 * HOUR_MS
const LIVES_MS = 5 * HOUR_MS
const endMs = Date.now()
/** The default schema holds as many, of whole days. */
const SAMPLE_SPANS = 200_000
const TIMEOUT_MS = 900_000

/** These list or count sandboxes, decisions, overrides and changes, so they read those; they never read spans or charges. */
const OF_THINGS = /Live sandboxes|Suspended|Overrides|[Mm]erged change|Budgets|Verdicts|Actions/

interface Volume {
  readonly spans: number
  readonly rowsRead: ReadonlyMap<string, number>
}

let engine: TestEmbedded
/** Waits for inserts of many rows through every view, on a busy machine too. */
let client: ClickHouseClient
let once: Volume
let tenfold: Volume
let storage: Storage

async function measure(queries: readonly ShippedQuery[]): Promise<Volume> {
  await settle()
  const rowsRead = new Map<string, number>()
  for (const query of queries) rowsRead.set(query.name, await readRowsRead(client, query))
  return { spans: await countSpans(), rowsRead }
}

async function countSpans(): Promise<number> {
  const query = 'SELECT count() AS spans FROM otel_traces'
  const result = await client.query({ query, format: 'JSONEachRow' })
  const [row] = await result.json<{ spans: string }>()
  return Number(row?.spans)
}

/** Merges every rollup, so that rows read are rows there are. */
async function settle(): Promise<void> {
  const result = await client.query({
    query: `SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%AggregatingMergeTree'`,
    format: 'JSONEachRow',
  })
  for (const { name } of await result.json<{ name: string }>()) {
    await client.command({ query: `OPTIMIZE TABLE ${name} FINAL` })
  }
}

beforeAll(async () => {
  engine = await startTestEmbedded()
  client = createClient({
    url: engine.writeUrl,
    username: engine.username,
    password: engine.password,
    request_timeout: TIMEOUT_MS,
    keep_alive: { enabled: false },
    log: { level: ClickHouseLogLevel.OFF },
  })
  await migrate(client)
  const startMs = endMs - STARTS_MS - LIVES_MS
  await generateBase({ client, seed: 7, spans: SPANS, startMs, durationMs: STARTS_MS })
  await copyOver(client, 0, 1)
  const queries = shippedQueries(await findSubject(client, endMs))
  const overviews = queries.filter(({ name, overview }) => overview && !OF_THINGS.test(name))
  once = await measure(overviews)
  await copyOver(client, 1, TIMES - 1)
  tenfold = await measure(overviews)
  storage = await measureStorage(client, tenfold.spans, SAMPLE_SPANS)
}, TIMEOUT_MS)
afterAll(async () => {
  await client.close()
  await engine.stop()
})

describe('ten times the raw volume', () => {
  it('is what the database holds in the end', () => {
    expect(once.spans).toBeGreaterThanOrEqual(SPANS)
    expect(tenfold.spans).toBe(once.spans * TIMES)
  })

  it('leaves every overview query of money, time and outcomes to read the same rows', () => {
    expect(once.rowsRead.size).toBeGreaterThan(15)
    expect(Math.max(...once.rowsRead.values())).toBeGreaterThan(1000)
    const grown = [...once.rowsRead].flatMap(([name, before]) => {
      const after = tenfold.rowsRead.get(name) ?? 0
      return after === before ? [] : [`${name}: ${before} rows, then ${after}`]
    })
    expect(grown).toEqual([])
  })

  it('takes at most half the bytes of the exporter’s default schema', () => {
    expect(storage.sampleBytesPerSpan).toBeLessThanOrEqual(storage.defaultSchemaBytesPerSpan / 2)
  })
})
