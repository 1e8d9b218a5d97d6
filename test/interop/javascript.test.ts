import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace'
import { attr } from '@sandglass/schemas/semconv'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { startStack, type Stack } from './stack.ts'

let stack: Stack

beforeAll(async () => {
  stack = await startStack()
})

afterAll(() => stack.stop())

afterEach(() => vi.unstubAllEnvs())

/** More than two batches of the exporter's 512. */
const TRACES = 600

const exporters: readonly {
  readonly service: string
  readonly create: (url: string) => SpanExporter
  readonly env: Readonly<Record<string, string>>
}[] = [
  { service: 'js-json', create: (url) => new JsonExporter({ url }), env: {} },
  { service: 'js-protobuf', create: (url) => new ProtobufExporter({ url }), env: {} },
  {
    service: 'js-protobuf-gzip',
    create: (url) => new ProtobufExporter({ url }),
    env: { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' },
  },
  {
    service: 'js-json-gzip',
    create: (url) => new JsonExporter({ url }),
    env: { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' },
  },
]

/** Each trace is a tool call with one event, and a failed command below it. */
async function exportTraces(service: string, exporter: SpanExporter): Promise<void> {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ [attr.serviceName]: service }),
    spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: TRACES * 4 })],
  })
  const tracer = provider.getTracer('interop', '1.2.3')
  for (let index = 0; index < TRACES; index += 1) {
    const parent = tracer.startSpan('execute_tool bash', { attributes: { [attr.taskId]: `task-${service}` } })
    parent.addEvent('asked', { answer: 42 })
    const context = trace.setSpanContext(ROOT_CONTEXT, parent.spanContext())
    const child = tracer.startSpan('bash', { kind: SpanKind.CLIENT }, context)
    child.setAttributes({ [attr.exitCode]: 1, ratio: 0.5, ok: true, words: ['grüße', '漢字'] })
    child.setStatus({ code: SpanStatusCode.ERROR, message: 'exit code 1' })
    child.end()
    parent.end()
  }
  await provider.shutdown()
}

test.each(exporters)(
  'the stock exporter of $service loses and doubles nothing',
  async ({ service, create, env }) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    await exportTraces(service, create(`${stack.url}/v1/traces`))
    const spans = TRACES * 2
    expect(await stack.arrived(service, spans)).toEqual({ spans, distinctSpans: spans })
  },
)

test('what was set on a span is read back, and a child knows its parent', async () => {
  await exportTraces('js-read-back', new ProtobufExporter({ url: `${stack.url}/v1/traces` }))
  await stack.arrived('js-read-back', TRACES * 2)
  const result = await stack.client.query({
    query: `
      SELECT child.SpanKind AS kind, child.StatusCode AS status, child.StatusMessage AS message,
        child.SpanAttributes AS attributes, child.ScopeName AS scope, child.ScopeVersion AS version,
        parent.TaskId AS task, parent.Events.Name AS events, parent.Events.Attributes AS eventAttributes,
        count() AS traces
      FROM otel_traces AS child
      JOIN otel_traces AS parent ON parent.TraceId = child.TraceId AND parent.SpanId = child.ParentSpanId
      WHERE child.ServiceName = 'js-read-back'
      GROUP BY ALL`,
    format: 'JSONEachRow',
  })
  expect(await result.json()).toEqual([
    {
      kind: 'Client',
      status: 'Error',
      message: 'exit code 1',
      attributes: { [attr.exitCode]: '1', ratio: '0.5', ok: 'true', words: '["grüße","漢字"]' },
      scope: 'interop',
      version: '1.2.3',
      task: 'task-js-read-back',
      events: ['asked'],
      eventAttributes: [{ answer: '42' }],
      traces: TRACES,
    },
  ])
})
