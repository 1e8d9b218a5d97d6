import { join } from 'node:path'
import { attr, event } from '@sandglass/schemas/semconv'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startOtlpReceiver, type OtlpReceiver } from '../../testing/otlp-receiver.ts'
import { startTestWorkerd, type TestWorkerd } from '../../testing/workerd.ts'

let receiver: OtlpReceiver
let workerd: TestWorkerd

beforeAll(async () => {
  receiver = await startOtlpReceiver()
  const entry = join(import.meta.dirname, 'worker/index.ts')
  workerd = await startTestWorkerd(entry, { OTLP_ENDPOINT: receiver.url })
})
afterAll(async () => {
  await workerd.stop()
  await receiver.stop()
})

const spansOf = (task: string) => receiver.spans.filter(({ attributes }) => attributes[attr.taskId] === task)

test.each([
  ['a request', '/request', 'by-request', 'call-request'],
  ['a message', '/message', 'by-message', 'call-message'],
  ['a method called by another object', '/rpc', 'by-stub', 'call-by-stub'],
  ['a method called by a client', '/client', 'by-client', 'call-by-client'],
])(
  'on workerd %s is a task, down to the command that a tool ran',
  async (_, path, task, callId) => {
    expect(JSON.stringify(await workerd.ask(path))).toContain('done: hi')
    const named = (name: string) => spansOf(task).filter((span) => span.name === name)
    const [root, ...more] = named('invoke_agent fixer')
    expect(more).toEqual([])
    const [called] = named('execute_tool shell')
    const [command] = named('sh')
    expect(command).toMatchObject({ parentSpanId: called?.spanId, traceId: root?.traceId })
    expect(command?.attributes).toMatchObject({
      [attr.toolCallId]: callId,
      [attr.promptId]: named('chat opus-5')[0]?.attributes[attr.promptId],
    })
    const finished = receiver
      .eventsNamed(event.taskFinished)
      .filter(({ attributes }) => attributes[attr.taskId] === task)
    expect(finished.map(({ attributes }) => attributes[attr.taskOutcome])).toEqual(['success'])
    expect(receiver.problems()).toEqual([])
  },
  60_000,
)
