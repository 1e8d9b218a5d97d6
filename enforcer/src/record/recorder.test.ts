import { attr, event } from '@sandglass/schemas/semconv'
import { expect, test } from 'vitest'
import { encodeLogs, type OtlpEvent } from './otlp.ts'
import { createRecorder } from './recorder.ts'
import { createSendLogs, type Sent } from './send.ts'
import { startReceiver } from '../testing/receiver.ts'

const RESOURCE = { [attr.serviceName]: 'test' }
const eventNamed = (reason: string): OtlpEvent => ({
  name: event.budgetDecided,
  timeMs: 1,
  attributes: { [attr.reason]: reason },
})

/** A collector that answers as told, and keeps what it was sent. */
function scripted(...answers: readonly Sent[]) {
  const bodies: string[] = []
  let calls = 0
  return {
    bodies,
    send: async (body: string): Promise<Sent> => {
      bodies.push(body)
      return answers[calls++] ?? { outcome: 'stored' }
    },
  }
}

const retry: Sent = { outcome: 'retry', cause: 'overloaded', afterMs: 0 }

test('a receipt says stored only when everything is', async () => {
  const { send } = scripted(retry)
  const recorder = createRecorder(RESOURCE, send, () => 0)
  const receipt = await recorder.store([eventNamed('a')])
  expect(receipt).toMatchObject({ state: 'waiting', cause: 'overloaded' })
  await recorder.retry()
  expect(receipt.state).toBe('stored')
  expect(recorder.waiting).toBe(0)
})

test('what could not be stored is sent again byte for byte, before anything newer', async () => {
  const { send, bodies } = scripted(retry)
  const recorder = createRecorder(RESOURCE, send, () => 0)
  await recorder.store([eventNamed('first')])
  await recorder.store([eventNamed('second')])
  expect(bodies.map((body) => /first|second/.exec(body)?.[0])).toEqual(['first', 'first', 'second'])
  expect(bodies[0]).toBe(bodies[1])
})

test('the collector is left alone for as long as it asks', async () => {
  let nowMs = 0
  const { send, bodies } = scripted({ ...retry, afterMs: 1000 })
  const recorder = createRecorder(RESOURCE, send, () => nowMs)
  await recorder.store([eventNamed('a')])
  await recorder.retry()
  expect(bodies).toHaveLength(1)
  nowMs = 1000
  await recorder.retry()
  expect(bodies).toHaveLength(2)
})

test('a refused body is not stored, whoever sent it, and does not stop the next', async () => {
  const { send } = scripted(retry, { outcome: 'refused', cause: 'status 413' })
  const recorder = createRecorder(RESOURCE, send, () => 0)
  const refused = await recorder.store([eventNamed('a')])
  const stored = await recorder.store([eventNamed('b')])
  expect(refused).toMatchObject({ state: 'refused', cause: 'status 413' })
  expect(stored.state).toBe('stored')
})

test.each([
  [200, '{}', 'stored'],
  [200, '{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}}', 'refused'],
  [400, '{}', 'refused'],
  [401, '{}', 'refused'],
  [429, '{}', 'retry'],
  [503, '{}', 'retry'],
])('an answer of %i %s is %s', async (status, body, outcome) => {
  const receiver = await startReceiver(() => ({ status, body, headers: { 'retry-after': '2' } }))
  const sent = await createSendLogs({ url: receiver.url, token: 't', sendMsMax: 1000 })('{}')
  expect(sent.outcome).toBe(outcome)
  expect(sent).toEqual(expect.objectContaining(outcome === 'retry' ? { afterMs: 2000 } : {}))
  expect(receiver.requests[0]).toMatchObject({ path: '/v1/logs', headers: { authorization: 'Bearer t' } })
  await receiver.close()
})

test('a collector that is not there is worth another try', async () => {
  const receiver = await startReceiver(() => ({ status: 200, body: '{}' }))
  await receiver.close()
  expect(await createSendLogs({ url: receiver.url, token: '', sendMsMax: 1000 })('{}')).toMatchObject({
    outcome: 'retry',
  })
})

test('every kind of value has its OTLP form', () => {
  const attributes = {
    [attr.reason]: 'text',
    [attr.budgetWindowStart]: 9_007_199_254_740_991,
    [attr.retryAfter]: 0.5,
    [attr.truncated]: true,
    [attr.changeTaskIds]: ['a', 'b'],
  }
  const body = JSON.parse(encodeLogs(RESOURCE, [{ name: event.budgetDecided, timeMs: 1.4, attributes }]))
  const [record] = body.resourceLogs[0].scopeLogs[0].logRecords
  expect(record).toMatchObject({ timeUnixNano: '1000000', eventName: event.budgetDecided })
  expect(record.attributes.map(({ value }: { value: unknown }) => value)).toEqual([
    { stringValue: 'text' },
    { intValue: '9007199254740991' },
    { doubleValue: 0.5 },
    { boolValue: true },
    { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } },
  ])
})
