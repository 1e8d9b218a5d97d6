import { gzipSync } from 'node:zlib'
import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics'
import { attr } from '@sandglass/schemas/semconv'
import type { TestEmbedded } from '@sandglass/embedded/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  clickhouseOf,
  poll,
  selectNumber,
  startTestCollector,
  startTestDatabase,
  testConfig,
  type TestCollector,
} from '../testing/test-collector.ts'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'
import { everyKind } from './testing/bodies.ts'

const MIB = 1024 * 1024

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

const countOf = (table: string, where: string): Promise<number> =>
  selectNumber(database.readClient, `SELECT count() FROM ${table} WHERE ${where}`)

const rows = async (query: string): Promise<unknown> =>
  (await database.readClient.query({ query, format: 'JSONEachRow' })).json()

const post = (body: string | Uint8Array<ArrayBuffer>, type = 'application/json'): Promise<Response> =>
  fetch(new URL('/v1/metrics', collector.url), { method: 'POST', headers: { 'content-type': type }, body })

async function exportOnce(service: string, exporter: PushMetricExporter): Promise<void> {
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const resource = resourceFromAttributes({ [attr.serviceName]: service })
  const provider = new MeterProvider({ resource, readers: [reader] })
  const meter = provider.getMeter('stock', '1.2.3')
  meter.createCounter('jobs', { unit: '{job}' }).add(7, { queue: 'a', api_key: 'not-to-be-kept' })
  meter.createGauge('load').record(0.25)
  const sizes = meter.createHistogram('sizes', { advice: { explicitBucketBoundaries: [1, 10] } })
  for (const size of [0.5, 5, 50]) sizes.record(size)
  await provider.shutdown()
}

const gauge = (points: readonly object[]): string =>
  JSON.stringify({
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'g', gauge: { dataPoints: points } }] }] }],
  })

test.each([
  ['json', (url: string) => new JsonExporter({ url })],
  ['protobuf', (url: string) => new ProtobufExporter({ url })],
] as const)(
  'what the stock %s exporter sends is read back from the tables of its kind',
  async (name, create) => {
    const service = `stock-${name}`
    const where = `ServiceName = '${service}' AND TenantId = 'default'`
    await exportOnce(service, create(`${collector.url}/v1/metrics`))
    await poll(
      () => countOf('otel_metrics_histogram', where),
      (n) => n > 0,
    )
    expect(
      await rows(
        `SELECT MetricName, MetricUnit, ScopeName, Value, IsMonotonic, AggregationTemporality, Attributes['queue'] AS queue, Attributes['api_key'] LIKE '%redacted%' AS clean FROM otel_metrics_sum WHERE ${where}`,
      ),
    ).toEqual([
      {
        MetricName: 'jobs',
        MetricUnit: '{job}',
        ScopeName: 'stock',
        Value: 7,
        IsMonotonic: true,
        AggregationTemporality: 2,
        queue: 'a',
        clean: 1,
      },
    ])
    expect(await rows(`SELECT MetricName, Value FROM otel_metrics_gauge WHERE ${where}`)).toEqual([
      { MetricName: 'load', Value: 0.25 },
    ])
    expect(
      await rows(
        `SELECT toUInt32(Count) AS Count, Sum, Min, Max, arrayMap(n -> toUInt32(n), BucketCounts) AS Buckets, ExplicitBounds FROM otel_metrics_histogram WHERE ${where}`,
      ),
    ).toEqual([{ Count: 3, Sum: 55.5, Min: 0.5, Max: 50, Buckets: [1, 1, 1], ExplicitBounds: [1, 10] }])
  },
)

test('a request that comes again is acknowledged and stored once', async () => {
  const attributes = [{ key: 'run', value: { stringValue: 'again' } }]
  const body = gauge([{ attributes, asInt: '3', timeUnixNano: Date.now() * 1_000_000 }])
  for (let i = 0; i < 3; i += 1) expect((await post(body)).status).toBe(200)
  expect(
    (await post(gauge([{ asDouble: 1, attributes: [{ key: 'run', value: { stringValue: 'after' } }] }])))
      .status,
  ).toBe(200)
  await poll(
    () => countOf('otel_metrics_gauge', `Attributes['run'] = 'after'`),
    (n) => n > 0,
  )
  expect(await countOf('otel_metrics_gauge', `Attributes['run'] = 'again'`)).toBe(1)
})

test('malformed bodies are refused with 400, and leave nothing behind', async () => {
  for (const body of [
    '{',
    '[]',
    gauge([{ asDouble: 'x' }]),
    gauge([{ asDouble: 1 }, { asInt: '1'.repeat(21) }]),
  ]) {
    expect((await post(body)).status, body).toBe(400)
  }
  for (const bytes of [
    [0xff, 0xff],
    [0x0a, 0x05, 0x01],
  ]) {
    expect((await post(Uint8Array.from(bytes), 'application/x-protobuf')).status).toBe(400)
  }
  expect((await post('')).status).toBe(200)
})

test('integers beyond 2^53 are stored exactly, in quotes and without', async () => {
  const nano = BigInt(Date.now()) * 1_000_000n + 1n
  const [count, bucket] = [2n ** 63n + 3n, 9_007_199_254_740_993n]
  const body = JSON.stringify({
    resourceMetrics: [
      {
        resource: { attributes: [{ key: attr.serviceName, value: { stringValue: 'exact' } }] },
        scopeMetrics: [
          {
            metrics: [
              {
                name: 'h',
                histogram: {
                  dataPoints: [{ timeUnixNano: '@1', count: '@2', bucketCounts: ['@3', 'quoted', 4] }],
                },
              },
            ],
          },
        ],
      },
    ],
  })
    .replace('"@1"', String(nano))
    .replace('"@2"', String(count))
    .replace('"@3"', ` ${bucket}`)
    .replace('quoted', String(bucket + 2n))
  expect((await post(body)).status).toBe(200)
  await poll(
    () => countOf('otel_metrics_histogram', "ServiceName = 'exact'"),
    (n) => n > 0,
  )
  expect(
    await rows(
      `SELECT toString(toUnixTimestamp64Nano(TimeUnix)) AS nano, toString(Count) AS count, arrayMap(n -> toString(n), BucketCounts) AS buckets
       FROM otel_metrics_histogram WHERE ServiceName = 'exact'`,
    ),
  ).toEqual([
    { nano: String(nano), count: String(count), buckets: [String(bucket), String(bucket + 2n), '4'] },
  ])
})

test('bodies over the limit of metrics are refused with 413 in their own encoding, however they are sent', async () => {
  const large = gauge([
    { asDouble: 1, attributes: [{ key: 'k', value: { stringValue: 'x'.repeat(9 * MIB) } }] },
  ])
  const refused = await post(large)
  expect([refused.status, await refused.json()]).toEqual([
    413,
    { code: 3, message: expect.stringContaining('send smaller batches') },
  ])
  expect((await post(new Uint8Array(9 * MIB), 'application/x-protobuf')).status).toBe(413)
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
  const url = new URL('/v1/metrics', collector.url)
  for (const plain of [large, Buffer.alloc(65 * MIB, ' ')]) {
    const body = new Uint8Array(gzipSync(plain))
    expect(body.length).toBeLessThan(MIB)
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(413)
  }
  expect((await post(new Uint8Array(65 * MIB))).status).toBe(413)
})

test('points beyond the number one request may have are rejected, and counted in the answer', async () => {
  const points = Array.from({ length: 65_537 }, () => ({ asDouble: 1 }))
  const response = await post(gauge(points))
  expect([response.status, await response.json()]).toEqual([
    200,
    { partialSuccess: { rejectedDataPoints: '1', errorMessage: expect.stringContaining('data points') } },
  ])
})

test('a point of every kind is stored in the table of its kind, once, with what makes it what it is', async () => {
  const body = everyKind('kinds', Date.now())
  for (let sent = 0; sent < 2; sent++) expect((await post(new Uint8Array(body))).status).toBe(200)
  const where = "WHERE ServiceName = 'kinds'"
  await poll(
    () => countOf('otel_metrics_summary', "ServiceName = 'kinds'"),
    (n) => n > 0,
  )
  expect(await rows(`SELECT Value FROM otel_metrics_gauge ${where}`)).toEqual([{ Value: 0.25 }])
  expect(
    await rows(
      `SELECT Value, IsMonotonic, Exemplars.Value, Exemplars.TraceId FROM otel_metrics_sum ${where}`,
    ),
  ).toEqual([
    { Value: 7, IsMonotonic: true, 'Exemplars.Value': [2.5], 'Exemplars.TraceId': ['ab'.repeat(16)] },
  ])
  expect(
    await rows(
      `SELECT toUInt32(Count) AS n, Sum, BucketCounts, ExplicitBounds, Min, Max FROM otel_metrics_histogram ${where}`,
    ),
  ).toEqual([{ n: 3, Sum: 55.5, BucketCounts: [1, 1, 1], ExplicitBounds: [1, 10], Min: 0.5, Max: 50 }])
  expect(
    await rows(
      `SELECT Scale, toUInt32(ZeroCount) AS zero, PositiveOffset, PositiveBucketCounts FROM otel_metrics_exponential_histogram ${where}`,
    ),
  ).toEqual([{ Scale: 2, zero: 1, PositiveOffset: -1, PositiveBucketCounts: [1, 1] }])
  expect(
    await rows(
      `SELECT Sum, ValueAtQuantiles.Quantile, ValueAtQuantiles.Value FROM otel_metrics_summary ${where}`,
    ),
  ).toEqual([{ Sum: 55.5, 'ValueAtQuantiles.Quantile': [0.5], 'ValueAtQuantiles.Value': [5] }])
})
