import { createHash, randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { attr } from '@sandglass/schemas/semconv'
import type { TestEmbedded } from '@sandglass/embedded/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { encodeSpans } from '../testing/otlp-bodies.ts'
import {
  clickhouseOf,
  poll,
  startTestCollector,
  startTestDatabase,
  testConfig,
  type TestCollector,
} from '../testing/test-collector.ts'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'

const INTERVAL_MS = 100

let database: TestEmbedded
let directory: string
const running: TestCollector[] = []

beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.stop())
beforeEach(async () => {
  directory = await makeTestDirectory()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((collector) => collector.stop('test')))
  await removeTestDirectory(directory)
})

async function start(name: string, overrides: Parameters<typeof testConfig>[1]): Promise<TestCollector> {
  const config = testConfig(join(directory, name), { clickhouse: clickhouseOf(database), ...overrides })
  const collector = await startTestCollector(config)
  running.push(collector)
  return collector
}

async function sendSpans(url: string, count: number): Promise<void> {
  const spans = Array.from({ length: count }, () => ({
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    name: 'counted',
    startMs: Date.now(),
  }))
  const headers = { 'content-type': 'application/x-protobuf' }
  const body = new Uint8Array(encodeSpans(spans))
  expect((await fetch(`${url}/v1/traces`, { method: 'POST', headers, body })).status).toBe(200)
}

const rows = async (query: string): Promise<readonly unknown[]> =>
  (await database.readClient.query({ query, format: 'JSONEachRow' })).json()

const pollRows = (query: string): Promise<readonly unknown[]> =>
  poll(
    () => rows(query),
    (found) => found.length > 0,
  )

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listening(server)
  await new Promise((resolve) => {
    server.close(resolve)
  })
  return port
}

test('what /metrics counts arrives in the metric tables of the receiver, under the tenant of its token', async () => {
  const token = 'token-of-the-operators'
  const tenantsFile = join(directory, 'tenants.json')
  const tokenHashes = [createHash('sha256').update(token).digest('hex')]
  await mkdir(directory, { recursive: true })
  await writeFile(tenantsFile, JSON.stringify({ tenants: [{ id: 'ops', tokenHashes }] }))
  const receiver = await start('receiver', { tenantsFile })
  const headers = { authorization: `Bearer ${token}` }
  const url = `${receiver.url}/v1/metrics`
  const speaker = await start('speaker', { ownMetrics: { url, headers, intervalMs: INTERVAL_MS } })
  await sendSpans(speaker.url, 7)

  const of = `TenantId = 'ops' AND ServiceName = 'sandglass-collector'`
  expect(
    await pollRows(
      `SELECT Value, MetricUnit, IsMonotonic, AggregationTemporality FROM otel_metrics_sum
       WHERE ${of} AND MetricName = 'sandglass.collector.rows_accepted' AND Attributes['table'] = 'otel_traces'
       ORDER BY TimeUnix DESC LIMIT 1`,
    ),
  ).toEqual([{ Value: 7, MetricUnit: '', IsMonotonic: true, AggregationTemporality: 2 }])
  expect(
    await pollRows(
      `SELECT toUInt32(Count) AS Count, Sum > 0 AS timed, length(BucketCounts) - length(ExplicitBounds) AS more,
         toUInt32(arraySum(BucketCounts)) AS counted FROM otel_metrics_histogram
       WHERE ${of} AND MetricName = 'sandglass.collector.insert_duration_seconds' AND MetricUnit = 's'
       ORDER BY TimeUnix DESC LIMIT 1`,
    ),
  ).toEqual([{ Count: 1, timed: 1, more: 1, counted: 1 }])
  expect(
    await pollRows(
      `SELECT abs(Value - toUnixTimestamp64Milli(TimeUnix) / 1000) < 60 AS recent,
         ResourceAttributes['${attr.serviceInstanceId}'] LIKE '%/0' AS worker FROM otel_metrics_gauge
       WHERE ${of} AND MetricName = 'sandglass.collector.watermark_timestamp_seconds' AND Attributes['tenant'] = '*'
       LIMIT 1`,
    ),
  ).toEqual([{ recent: 1, worker: 1 }])
})

test('a collector can be its own receiver', async () => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/v1/metrics`
  const collector = await start('self', { listen: { port }, ownMetrics: { url, intervalMs: INTERVAL_MS } })
  expect(
    await pollRows(
      `SELECT Value >= 1 AS taken FROM otel_metrics_sum WHERE TenantId = 'default' AND
         MetricName = 'sandglass.collector.requests' AND Attributes['signal'] = 'metrics' LIMIT 1`,
    ),
  ).toEqual([{ taken: 1 }])
  expect(collector.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([])
})

test('a receiver that is away is told and counted, and requests pass', async () => {
  const url = `http://127.0.0.1:${await freePort()}/v1/metrics`
  const collector = await start('alone', { ownMetrics: { url, intervalMs: INTERVAL_MS } })
  await sendSpans(collector.url, 1)
  const text = await poll(
    async () => (await fetch(`${collector.url}/metrics`)).text(),
    (metrics) => /metrics_export_failures_total [1-9]/.test(metrics),
  )
  expect(text).toMatch(/metrics_export_failures_total [1-9]/)
  expect(collector.lines).toContainEqual(
    expect.objectContaining({ event: 'metricsNotExported', level: 'warn', url, error: expect.any(String) }),
  )
})

test('a receiver that never answers holds up neither start nor stop', async () => {
  const asked = Promise.withResolvers<void>()
  const server = createServer(() => asked.resolve())
  const url = `http://127.0.0.1:${await listening(server)}/v1/metrics`
  const collector = await start('hung', { ownMetrics: { url, intervalMs: 60_000 } })
  await asked.promise
  const beganMs = performance.now()
  await collector.stop('test')
  // An export alone would wait for 5 s.
  expect(performance.now() - beganMs).toBeLessThan(4_000)
  server.close()
})

test('nothing is sent unless a receiver is configured', () => {
  expect(testConfig(directory).ownMetrics).toBeUndefined()
})
