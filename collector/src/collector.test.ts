import { randomBytes } from 'node:crypto'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestEmbedded } from '@sandglass/embedded/testing'
import { attr } from '@sandglass/schemas/semconv'
import { encodeSpans, type SpanSpec } from './testing/otlp-bodies.ts'
import { makeTestDirectory, removeTestDirectory } from './testing/test-directory.ts'
import {
  clickhouseOf,
  poll,
  selectNumber,
  startTestCollector,
  startTestDatabase,
  testConfig,
  type TestCollector,
} from './testing/test-collector.ts'

let database: TestEmbedded
let directory: string
let collector: TestCollector

beforeAll(async () => {
  database = await startTestDatabase()
  directory = await makeTestDirectory()
  collector = await startTestCollector(testConfig(directory, { clickhouse: clickhouseOf(database) }))
})

afterAll(async () => {
  await collector.stop('test')
  await database.stop()
  await removeTestDirectory(directory)
})

const spans = (name: string, count: number): readonly SpanSpec[] =>
  Array.from({ length: count }, () => ({
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    name,
    startMs: Date.now(),
    attributes: { [attr.taskId]: name },
  }))

const post = (path: string, body: Buffer | string, type = 'application/x-protobuf'): Promise<Response> =>
  fetch(new URL(path, collector.url), { method: 'POST', headers: { 'content-type': type }, body })

const countOf = (name: string): Promise<number> =>
  selectNumber(database.readClient, `SELECT count() FROM otel_traces WHERE SpanName = '${name}'`)

test('acknowledged spans are in ClickHouse moments later, under the local tenant', async () => {
  const response = await post('/v1/traces', encodeSpans(spans('stored', 3)))
  expect(response.status).toBe(200)
  expect((await response.arrayBuffer()).byteLength).toBe(0)
  expect(
    await poll(
      () => countOf('stored'),
      (n) => n >= 3,
    ),
  ).toBe(3)
  const local = `SELECT count() FROM otel_traces WHERE SpanName = 'stored' AND TenantId = 'default' AND TaskId = 'stored'`
  expect(await selectNumber(database.readClient, local)).toBe(3)
})

test('a request that comes again is acknowledged and stored once', async () => {
  const body = encodeSpans(spans('again', 5))
  for (let i = 0; i < 3; i += 1) expect((await post('/v1/traces', body)).status).toBe(200)
  await post('/v1/traces', encodeSpans(spans('after', 1)))
  await poll(
    () => countOf('after'),
    (n) => n >= 1,
  )
  expect(await countOf('again')).toBe(5)
})

test('a ClickHouse that takes requests and never answers does not hold up the stop', async () => {
  const taken = Promise.withResolvers<void>()
  const sockets = new Set<Socket>()
  const hung = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined))
    taken.resolve()
  })
  await new Promise<void>((resolve) => {
    hung.listen(0, '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${(hung.address() as AddressInfo).port}`
  const other = await makeTestDirectory()
  const stuck = await startTestCollector(testConfig(other, { clickhouse: { url }, stopMsMax: 100 }))
  await taken.promise
  const beganMs = performance.now()
  await stuck.stop('test')
  expect(performance.now() - beganMs).toBeLessThan(30_000)
  for (const socket of sockets) socket.destroy()
  hung.close()
  await removeTestDirectory(other)
})

test('the watermark advances while nothing is sent', async () => {
  const watermark = (): Promise<number> =>
    selectNumber(
      database.readClient,
      `SELECT toUnixTimestamp64Milli(watermark) FROM ingest_watermark WHERE tenant_id = '*'`,
    )
  const before = await poll(watermark, (ms) => ms > 0)
  expect(before).toBeGreaterThan(0)
  expect(await poll(watermark, (ms) => ms > before)).toBeGreaterThan(before)
})
