import { afterAll, beforeAll, expect, test } from 'vitest'
import { Readable } from 'node:stream'
import { startTestEmbedded, type TestEmbedded } from './testing.ts'

let db: TestEmbedded
beforeAll(async () => {
  db = await startTestEmbedded()
})
afterAll(async () => db.stop())

test('the unmodified client pings, queries, commands and inserts', async () => {
  expect(await db.writeClient.ping()).toEqual({ success: true })
  await db.writeClient.command({ query: 'CREATE TABLE t (a UInt32, s String) ENGINE = MergeTree ORDER BY a' })
  await db.writeClient.insert({
    table: 't',
    values: [
      { a: 1, s: "x'y" },
      { a: 2, s: 'ü' },
    ],
    format: 'JSONEachRow',
  })
  const rows = await db.writeClient.query({
    query: 'SELECT * FROM t WHERE a < {n:UInt32} ORDER BY a',
    query_params: { n: 10 },
    format: 'JSONEachRow',
  })
  expect(await rows.json()).toEqual([
    { a: 1, s: "x'y" },
    { a: 2, s: 'ü' },
  ])
  const json = await db.readClient.query({ query: 'SELECT count() AS n FROM t' })
  expect((await json.json()).data).toEqual([{ n: 2 }])
})

test('Native goes in as it came out', async () => {
  const native = async (): Promise<Buffer> => {
    const { stream } = await db.writeClient.exec({ query: 'SELECT * FROM t ORDER BY a FORMAT Native' })
    return Buffer.concat(await Readable.from(stream).toArray())
  }
  const before = await native()
  await db.writeClient.command({ query: 'CREATE TABLE u AS t ENGINE = MergeTree ORDER BY a' })
  const { stream } = await db.writeClient.exec({
    query: 'INSERT INTO u FORMAT Native',
    values: Readable.from([before]),
  })
  await Readable.from(stream).toArray()
  const { stream: again } = await db.writeClient.exec({ query: 'SELECT * FROM u ORDER BY a FORMAT Native' })
  expect(Buffer.concat(await Readable.from(again).toArray())).toEqual(before)
})
