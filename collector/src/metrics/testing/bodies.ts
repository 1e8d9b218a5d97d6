/** Metrics requests for tests: one point of every kind, as JSON; what a stock exporter sends, as protobuf. */
import { createServer } from 'node:http'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'

/** A request with one point of each of the five kinds, written as OTLP/JSON. `service` tells its rows apart. */
export function everyKind(service: string, nowMs: number): Buffer {
  const timeUnixNano = `${nowMs}000000`
  const attributes = [{ key: 'queue', value: { stringValue: 'a' } }]
  const point = { timeUnixNano, startTimeUnixNano: timeUnixNano, attributes }
  const exemplars = [{ timeUnixNano, asDouble: 2.5, traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) }]
  const counted = { ...point, count: '3', sum: 55.5 }
  const metrics = [
    { name: 'g', gauge: { dataPoints: [{ ...point, asDouble: 0.25 }] } },
    {
      name: 's',
      sum: {
        aggregationTemporality: 2,
        isMonotonic: true,
        dataPoints: [{ ...point, asInt: '7', exemplars }],
      },
    },
    {
      name: 'h',
      histogram: {
        aggregationTemporality: 2,
        dataPoints: [
          { ...counted, bucketCounts: ['1', '1', '1'], explicitBounds: [1, 10], min: 0.5, max: 50 },
        ],
      },
    },
    {
      name: 'e',
      exponentialHistogram: {
        aggregationTemporality: 2,
        dataPoints: [
          { ...counted, scale: 2, zeroCount: '1', positive: { offset: -1, bucketCounts: ['1', '1'] } },
        ],
      },
    },
    { name: 'q', summary: { dataPoints: [{ ...counted, quantileValues: [{ quantile: 0.5, value: 5 }] }] } },
  ]
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] }
  return Buffer.from(
    JSON.stringify({
      resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: 'kinds' }, metrics }] }],
    }),
  )
}

/** The protobuf body that the stock exporter sends for a counter, a gauge and a histogram. */
export async function stockProtobuf(): Promise<Buffer> {
  const received = Promise.withResolvers<Buffer>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.resolve(Buffer.concat(chunks))
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const exporter = new OTLPMetricExporter({ url: `http://127.0.0.1:${port}/v1/metrics` })
  const provider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
  })
  const meter = provider.getMeter('stock')
  meter.createCounter('jobs').add(7, { queue: 'a' })
  meter.createGauge('load').record(0.25)
  meter.createHistogram('sizes').record(5)
  await provider.shutdown()
  const body = await received.promise
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  return body
}
