import { attr } from '@sandglass/schemas/semconv'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startOtlpReceiver, type OtlpReceiver } from '../testing/otlp-receiver.ts'
import { createTestParts } from '../testing/test-sandglass.ts'

let receiver: OtlpReceiver
beforeEach(async () => {
  receiver = await startOtlpReceiver()
})
afterEach(() => receiver.stop())

const SPEC = { id: 'task', class: 'c', team: 't', tier: 'B', agent: 'a', user: 'u_1' } as const

test('a context goes on in another request, with another instrument: task, prompt, tool call and trace', async () => {
  const [first, second] = [createTestParts(receiver), createTestParts(receiver)]
  const handed = await first.sandglass.task(SPEC, async (task) => {
    await task.prompt({ text: 'do it', source: 'user' }, () => {})
    return task.tool('hand_over', {}, () => first.sandglass.serializeContext())
  })
  await second.sandglass.withContext(JSON.parse(JSON.stringify(handed)), async () => {
    await (await second.container.exec(['later'])).output()
    await second.sandglass.currentTask()?.tool('nested', {}, async () => {
      await (await second.container.exec(['nested-command'])).output()
    })
  })
  await first.sandglass.flush()
  await second.sandglass.flush()
  const named = (name: string) => receiver.spans.find((span) => span.name === name)
  const [handOver, prompt] = [named('execute_tool hand_over'), named('chat')]
  expect(named('later')).toMatchObject({ parentSpanId: handOver?.spanId, traceId: handOver?.traceId })
  expect(named('later')?.attributes).toMatchObject({
    [attr.taskId]: 'task',
    [attr.userId]: 'u_1',
    [attr.toolCallId]: handOver?.attributes[attr.toolCallId],
    [attr.promptId]: prompt?.attributes[attr.promptId],
  })
  expect(named('execute_tool nested')).toMatchObject({ links: [prompt?.spanId] })
  expect(named('execute_tool nested')?.attributes).toMatchObject({
    [attr.toolDepth]: 1,
    [attr.toolParentCallId]: handOver?.attributes[attr.toolCallId],
  })
  expect(named('nested-command')?.attributes[attr.taskId]).toBe('task')
})

test.each([
  '',
  'not json',
  '[]',
  '{"version":1}',
  '{"version":2,"task":"x"}',
  `{"version":1,"task":${'['.repeat(50)}`,
])('what is no context (%s) is none, and the work runs', (text) => {
  const { sandglass } = createTestParts(receiver)
  expect(sandglass.withContext(text, () => sandglass.currentTask()?.id ?? 'none')).toBe('none')
})

test('a context that leaves holds no secret', async () => {
  const { sandglass } = createTestParts(receiver)
  sandglass.secrets.register('registered-secret-1')
  const repositoryUrl = 'https://ci:hunter2hunter2@code.example/a/b'
  const handed = await sandglass.task({ ...SPEC, repositoryUrl, trigger: 'registered-secret-1' }, () =>
    sandglass.serializeContext(),
  )
  expect(handed).toContain('code.example/a/b')
  expect(handed).not.toMatch(/hunter2|registered-secret/)
})
