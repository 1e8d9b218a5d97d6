import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestEmbedded, type TestEmbedded } from '../testing.ts'

/** The insert that everything stored relies on: one block, one token, base table and views alike. */

let db: TestEmbedded
beforeAll(async () => {
  db = await startTestEmbedded()
  const commands = [
    `CREATE TABLE spans (day Date, id UInt64) ENGINE = MergeTree PARTITION BY day ORDER BY id
       SETTINGS non_replicated_deduplication_window = 100000`,
    `CREATE TABLE per_day (day Date, spans UInt64) ENGINE = SummingMergeTree ORDER BY day
       SETTINGS non_replicated_deduplication_window = 100000`,
    'CREATE MATERIALIZED VIEW per_day_mv TO per_day AS SELECT day, count() AS spans FROM spans GROUP BY day',
  ]
  for (const query of commands) await db.writeClient.command({ query })
})
afterAll(async () => db.stop())

const SEGMENT_SETTINGS = {
  async_insert: 0,
  max_insert_threads: '1',
  min_insert_block_size_bytes: '0',
  min_insert_block_size_rows: '100000000',
  max_partitions_per_insert_block: '0',
  deduplicate_blocks_in_dependent_materialized_views: 1,
} as const

async function segmentOf(rows: number): Promise<Buffer> {
  const query = `SELECT toDate('2026-01-01') + number % 150 AS day, number AS id FROM numbers(${rows}) FORMAT Native`
  const { stream } = await db.writeClient.exec({ query })
  return Buffer.concat(await stream.toArray())
}

async function insert(segment: Buffer, token: string): Promise<string | undefined> {
  const { stream, summary } = await db.writeClient.exec({
    query: 'INSERT INTO spans FORMAT Native',
    values: Readable.from([segment]),
    clickhouse_settings: { ...SEGMENT_SETTINGS, insert_deduplication_token: token },
  })
  await stream.toArray()
  return summary?.written_rows
}

async function stored(): Promise<unknown> {
  const query = 'SELECT (SELECT count() FROM spans) AS base, (SELECT sum(spans) FROM per_day) AS view'
  const result = await db.readClient.query({ query, format: 'JSONEachRow' })
  return (await result.json())[0]
}

test('three inserts with one token leave one copy in the table and in its view, 150 partitions and 300,000 rows wide', async () => {
  const segment = await segmentOf(300_000)
  for (let i = 0; i < 3; i++) await insert(segment, 'log-spans-1')
  expect(await stored()).toEqual({ base: 300_000, view: 300_000 })
})

test('another token stores the same bytes again, and a token is not remembered for the next insert', async () => {
  const segment = await segmentOf(1000)
  expect(await insert(segment, 'log-spans-2')).toBe('1000')
  expect(await insert(segment, 'log-spans-3')).toBe('1000')
  await db.writeClient.command({ query: "INSERT INTO spans VALUES ('2026-01-01', 1)" })
  await db.writeClient.command({ query: "INSERT INTO spans VALUES ('2026-01-01', 2)" })
  expect(await stored()).toEqual({ base: 302_002, view: 302_002 })
})

test('inserts at the same time with one token leave one copy', async () => {
  const segment = await segmentOf(5000)
  await Promise.all(Array.from({ length: 6 }, () => insert(segment, 'log-spans-4')))
  expect(await stored()).toEqual({ base: 307_002, view: 307_002 })
})

test('a segment with a corrupt row stores nothing', async () => {
  const segment = await segmentOf(1000)
  await expect(insert(segment.subarray(0, 5000), 'log-spans-5')).rejects.toThrow(
    /Cannot read all data|Attempt to read/,
  )
  expect(await stored()).toEqual({ base: 307_002, view: 307_002 })
})
