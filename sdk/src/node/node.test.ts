import { trace } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { createMemoryContainer } from '../testing/memory-container.ts'
import { startOtlpReceiver } from '../testing/otlp-receiver.ts'
import { startSandglassNode } from './index.ts'

test('in Node a task hangs under the active span of OpenTelemetry, and both reach the same receiver', async () => {
  const receiver = await startOtlpReceiver()
  const node = startSandglassNode({ serviceName: 'node-agent', endpoint: receiver.url })
  const { sandglass } = node
  const container = sandglass.container(createMemoryContainer(), { sandboxId: 'box', meterIntervalMs: 0 })
  const spec = { class: 'c', team: 't', tier: 'A', agent: 'a' } as const
  const tracer = trace.getTracer('host')
  await tracer.startActiveSpan('handle request', async (span) => {
    await sandglass.task(spec, async () => {
      await (await container.exec(['echo', 'hi'])).output()
    })
    span.end()
  })
  await node.shutdown()
  await receiver.stop()
  const named = (name: string) => receiver.spans.find((span) => span.name === name)
  const host = named('handle request')
  expect(named('invoke_agent a')).toMatchObject({ traceId: host?.traceId, parentSpanId: host?.spanId })
  expect(named('echo')).toMatchObject({ traceId: host?.traceId })
  expect(host?.resource['service.name']).toBe('node-agent')
  expect(sandglass.stats()).toMatchObject({ spansAcked: 2, pending: 0 })
})
