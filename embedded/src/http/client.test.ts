import { Readable } from 'node:stream'
import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestEmbedded, type TestEmbedded } from '../testing.ts'

/** The unmodified @clickhouse/client against the write port. */

let db: TestEmbedded
beforeAll(async () => {
  db = await startTestEmbedded()
})
afterAll(async () => db.stop())

test('ping, DDL, insert and query work, and the read port sees what was written', async () => {
  expect(await db.writeClient.ping()).toEqual({ success: true })
  expect(await db.writeClient.ping({ select: true })).toEqual({ success: true })
  await db.writeClient.command({
    query: 'CREATE TABLE words (a UInt32, s String) ENGINE = MergeTree ORDER BY a',
  })
  const values = [
    { a: 1, s: "it's \\ \t \n \0 'x'" },
    { a: 2, s: 'ünïcödé 🎉' },
  ]
  const inserted = await db.writeClient.insert({ table: 'words', values, format: 'JSONEachRow' })
  expect(inserted.summary?.written_rows).toBe('2')
  const rows = await db.readClient.query({ query: 'SELECT * FROM words ORDER BY a', format: 'JSONEachRow' })
  expect(await rows.json()).toEqual(values)
})

test('parameters arrive unchanged, whatever their type', async () => {
  const parameters = {
    s: "a\tb\n'c'\\",
    n: null,
    list: ["x'y", 'z'],
    big: 2n ** 63n,
    map: new Map([['k', 'v']]),
  }
  const query =
    'SELECT {s:String} AS s, {n:Nullable(String)} AS n, {list:Array(String)} AS list, ' +
    'toString({big:UInt64}) AS big, {map:Map(String, String)} AS map'
  const rows = await db.writeClient.query({ query, query_params: parameters, format: 'JSONEachRow' })
  expect(await rows.json()).toEqual([{ ...parameters, big: String(parameters.big), map: { k: 'v' } }])
})

test('parameters sent as a multipart form work like those in the URL', async () => {
  const query_params = { s: 'x'.repeat(100_000) }
  const rows = await db.readClient.query({
    query: 'SELECT length({s:String}) AS n',
    query_params,
    use_multipart_params: true,
    format: 'JSONEachRow',
  })
  expect(await rows.json()).toEqual([{ n: 100_000 }])
})

test('JSON carries meta, rows and statistics', async () => {
  const result = await db.readClient.query({ query: 'SELECT number AS n FROM numbers(3)', format: 'JSON' })
  const json = await result.json()
  expect(json).toMatchObject({
    meta: [{ name: 'n', type: 'UInt64' }],
    rows: 3,
    data: [{ n: 0 }, { n: 1 }, { n: 2 }],
  })
  expect(json.statistics?.rows_read).toBe(3)
})

test('Native bytes that go in come out again, through exec and a stream', async () => {
  const nativeOf = async (table: string): Promise<Buffer> => {
    const { stream } = await db.writeClient.exec({ query: `SELECT * FROM ${table} ORDER BY n FORMAT Native` })
    return Buffer.concat(await stream.toArray())
  }
  const columns =
    'n UInt32, f Float64, s String, m Map(String, String), d DateTime64(9), l LowCardinality(String)'
  await db.writeClient.command({ query: `CREATE TABLE native_a (${columns}) ENGINE = MergeTree ORDER BY n` })
  await db.writeClient.command({ query: 'CREATE TABLE native_b AS native_a' })
  await db.writeClient.command({
    query:
      "INSERT INTO native_a SELECT number, number / 3, randomString(20), map('k', toString(number)), " +
      "now64(9), 'l' || toString(number % 5) FROM numbers(10000)",
  })
  const bytes = await nativeOf('native_a')
  const values = Readable.from([bytes.subarray(0, 1000), bytes.subarray(1000)])
  const { stream, summary } = await db.writeClient.exec({
    query: 'INSERT INTO native_b FORMAT Native',
    values,
  })
  await stream.toArray()
  expect(summary?.written_rows).toBe('10000')
  expect((await nativeOf('native_b')).equals(bytes)).toBe(true)
})

test('compression works in both directions', async () => {
  const compressed = createClient({
    url: db.writeUrl,
    username: db.username,
    password: db.password,
    compression: { request: true, response: true },
  })
  await compressed.command({ query: 'CREATE TABLE packed (n UInt32) ENGINE = MergeTree ORDER BY n' })
  await compressed.insert({ table: 'packed', values: [{ n: 7 }], format: 'JSONEachRow' })
  const result = await compressed.query({ query: 'SELECT * FROM packed', format: 'JSONEachRow' })
  expect(result.response_headers['content-encoding']).toBe('gzip')
  expect(await result.json()).toEqual([{ n: 7 }])
  await compressed.close()
})

test('errors keep their ClickHouse code and name', async () => {
  await expect(db.writeClient.query({ query: 'SELECT * FROM nope' })).rejects.toMatchObject({
    code: '60',
    type: 'UNKNOWN_TABLE',
  })
  await expect(db.writeClient.query({ query: 'SELECT 1 +' })).rejects.toMatchObject({ code: '62' })
  await expect(
    db.writeClient.insert({ table: 'words', values: [{ a: 'not a number' }], format: 'JSONEachRow' }),
  ).rejects.toMatchObject({ code: '27' })
})

test('wrong credentials are refused with code 516', async () => {
  for (const [username, password] of [
    [db.username, 'wrong'],
    ['default', db.password],
    ['', ''],
  ] as const) {
    const stranger = createClient({
      url: db.writeUrl,
      username,
      password,
      log: { level: ClickHouseLogLevel.OFF },
    })
    await expect(stranger.query({ query: 'SELECT 1' })).rejects.toMatchObject({ code: '516' })
    await stranger.close()
  }
})

test('a result far larger than a stream buffer arrives whole', async () => {
  const { stream } = await db.readClient.exec({
    query: 'SELECT number FROM numbers(5000000) FORMAT RowBinary',
  })
  let bytes = 0
  for await (const chunk of stream) bytes += (chunk as Buffer).length
  expect(bytes).toBe(5_000_000 * 8)
})
