import { afterEach, beforeEach, expect, test } from 'vitest'
import { startOtlpReceiver, type OtlpReceiver } from '../../testing/otlp-receiver.ts'
import { createTestParts } from '../../testing/test-sandglass.ts'
import { openAiAgentsProcessor } from './index.ts'

let receiver: OtlpReceiver
beforeEach(async () => {
  receiver = await startOtlpReceiver()
})
afterEach(() => receiver.stop())

const SPEC = { id: 'task', class: 'code_fix', team: 'payments', tier: 'B', agent: 'fixer' } as const

test('the span of a model call ends although its input cannot be read', async () => {
  const { sandglass } = createTestParts(receiver)
  const processor = openAiAgentsProcessor(sandglass, { currentSpan: () => null, provider: 'openai' })
  const spanData = {
    type: 'generation',
    get input(): never {
      throw new Error('unreadable')
    },
  }
  const span = { spanId: 's', parentId: null, spanData, error: null }
  await sandglass.task(SPEC, async () => {
    await processor.onSpanStart(span)
    await processor.onSpanEnd(span).catch(() => {})
  })
  await sandglass.flush()
  expect(receiver.spans.map(({ name }) => name)).toContain('chat')
})
