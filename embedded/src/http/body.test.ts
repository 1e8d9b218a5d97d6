import { request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestEmbedded, type TestEmbedded } from '../testing.ts'

let db: TestEmbedded
beforeAll(async () => {
  db = await startTestEmbedded()
})
afterAll(async () => db.stop())

async function post(
  url: string,
  body: Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Response> {
  const auth = { 'X-ClickHouse-User': db.username, 'X-ClickHouse-Key': db.password }
  return fetch(url, { method: 'POST', headers: { ...auth, ...headers }, body })
}

test('a statement past its limit is refused with 413 and the limit, and the connection lives on', async () => {
  const tooLong = new Uint8Array(300 * 1024).fill(32)
  const answer = await post(db.readUrl, tooLong)
  expect(answer.status).toBe(413)
  expect(await answer.text()).toMatch(/^Code: 229\. .*exceeds 262144 bytes/)
  expect(await db.readClient.ping({ select: true })).toEqual({ success: true })
})

test('the limit counts after decompression', async () => {
  const bomb = new Uint8Array(gzipSync(Buffer.alloc(80 * 1024 ** 2, ' ')))
  expect(bomb.length).toBeLessThan(1024 ** 2)
  const answer = await post(db.writeUrl, bomb, { 'Content-Encoding': 'gzip' })
  expect(answer.status).toBe(413)
})

test('an encoding nobody knows is refused by name', async () => {
  const answer = await post(db.writeUrl, new Uint8Array([1]), { 'Content-Encoding': 'lzma' })
  expect(await answer.text()).toMatch(/Content-Encoding 'lzma' is not supported; known: .*zstd/)
})

test('a refused upload that is still being sent gets its answer', async () => {
  const rows = new Uint8Array(8 * 1024 ** 2)
  const answer = await fetch(`${db.writeUrl}/?query=INSERT+INTO+nope+FORMAT+Native`, {
    method: 'POST',
    body: rows,
  })
  expect(answer.status).toBe(403)
  expect(await answer.text()).toMatch(/AUTHENTICATION_FAILED/)
})

test('an upload that breaks off stores nothing', async () => {
  await db.writeClient.command({ query: 'CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a' })
  const headers = {
    'X-ClickHouse-User': db.username,
    'X-ClickHouse-Key': db.password,
    'Content-Length': '1000',
  }
  const url = `${db.writeUrl}/?query=INSERT+INTO+t+FORMAT+CSV`
  await new Promise<void>((resolve) => {
    const upload = request(url, { method: 'POST', headers, agent: false })
    upload.on('error', () => resolve())
    upload.write('1\n2\n3\n', () => upload.destroy())
    upload.on('close', resolve)
  })
  const { written_rows: rows } = (await insertOne()).summary ?? {}
  expect(rows).toBe('1')
  const result = await db.writeClient.query({ query: 'SELECT a FROM t', format: 'JSONEachRow' })
  expect(await result.json()).toEqual([{ a: 9 }])
})

async function insertOne() {
  return db.writeClient.insert({ table: 't', values: [{ a: 9 }], format: 'JSONEachRow' })
}
