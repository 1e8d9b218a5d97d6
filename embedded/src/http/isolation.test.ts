import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestEmbedded, type TestEmbedded } from '../testing.ts'

/** Nothing of one request reaches another. */

let db: TestEmbedded
beforeAll(async () => {
  db = await startTestEmbedded()
})
afterAll(async () => db.stop())

async function valueOf(query: string, settings: Record<string, string | number> = {}): Promise<unknown> {
  const result = await db.writeClient.query({
    query,
    format: 'JSONCompactEachRow',
    clickhouse_settings: settings,
  })
  const rows = await result.json<unknown[]>()
  return rows[0]?.[0]
}

const TOKEN = "SELECT getSetting('insert_deduplication_token')"

test('a setting holds for its own request only', async () => {
  expect(await valueOf(TOKEN, { insert_deduplication_token: 'once' })).toBe('once')
  expect(await valueOf(TOKEN)).toBe('')
})

test('neither SET nor USE nor readonly outlives its request', async () => {
  await db.writeClient.command({ query: "SET insert_deduplication_token = 'stuck'" })
  await db.writeClient.command({ query: 'USE system' })
  await expect(
    db.writeClient.command({
      query: 'CREATE TABLE no (a UInt8) ENGINE = Memory',
      clickhouse_settings: { readonly: '1' },
    }),
  ).rejects.toMatchObject({ code: '164' })
  expect(await valueOf(TOKEN)).toBe('')
  expect(await valueOf('SELECT currentDatabase()')).toBe('default')
  expect(await valueOf("SELECT getSetting('readonly')")).toBe(0)
})

test('parameters and settings of many requests at once do not mix', async () => {
  const answers = await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      const result = await db.writeClient.query({
        query: "SELECT {n:UInt32} AS n, getSetting('max_block_size') AS size, sleepEachRow(0.002) AS slept",
        query_params: { n: i },
        clickhouse_settings: { max_block_size: String(1000 + i) },
        format: 'JSONEachRow',
      })
      return result.json<{ n: number; size: number }>()
    }),
  )
  expect(answers).toEqual(answers.map((_, i) => [{ n: i, size: 1000 + i, slept: 0 }]))
})

test('a parameter of one request is unknown to the next', async () => {
  await db.writeClient.query({ query: 'SELECT {secret:String}', query_params: { secret: 'x' } })
  await expect(db.writeClient.query({ query: 'SELECT {secret:String}' })).rejects.toMatchObject({
    code: '456',
  })
})

test('nothing is left on disk after requests, good or bad', async () => {
  await db.writeClient.command({ query: 'CREATE TABLE left (a UInt8) ENGINE = MergeTree ORDER BY a' })
  await db.writeClient.insert({ table: 'left', values: [{ a: 1 }], format: 'JSONEachRow' })
  await db.writeClient.insert({ table: 'left', values: [{ a: 'x' }], format: 'JSONEachRow' }).catch(() => {})
  await db.writeClient.query({ query: 'SELECT throwIf(number = 5) FROM numbers(10)' }).catch(() => {})
  await expect.poll(() => readdir(`${db.dataDir}/scratch`), { timeout: 20_000 }).toEqual([])
})
