import { json } from '../json/index.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSandglass, type Sandglass, type SandglassOptions } from '../index.ts'
import { createMemoryState } from '../testing/memory-state.ts'
import { encodeAnswer } from '../testing/otlp-messages.ts'
import { startOtlpReceiver, type OtlpReceiver } from '../testing/otlp-receiver.ts'
import { createTestClock } from '../testing/test-clock.ts'

let receiver: OtlpReceiver
beforeEach(async () => {
  receiver = await startOtlpReceiver()
})
afterEach(() => receiver.stop())

const lines: string[] = []
function instrument(options: Partial<SandglassOptions> = {}): Sandglass {
  return createSandglass({
    serviceName: 'test',
    endpoint: receiver.url,
    flushIntervalMs: 0,
    onDiagnostic: ({ kind }) => void lines.push(kind),
    ...options,
  })
}

const spec = { class: 'c', team: 't', tier: 'A', agent: 'a' } as const
const record = (sandglass: Sandglass, count: number): Promise<void[]> =>
  Promise.all(Array.from({ length: count }, () => sandglass.task(spec, () => {})))

const isTraces = ({ path }: { readonly path: string }): boolean => path === '/v1/traces'

test('everything recorded is acknowledged once, in requests of bounded size', async () => {
  const sandglass = instrument()
  await record(sandglass, 1_300)
  const stats = await sandglass.flush()
  expect(stats).toMatchObject({ spansEnded: 1_300, spansAcked: 1_300, eventsAcked: 2_600, pending: 0 })
  expect(receiver.spans).toHaveLength(1_300)
  expect(receiver.requests.filter(isTraces)).toHaveLength(3)
})

describe('a receiver that fails for now', () => {
  test.each([429, 502, 503, 504])('with %d gets the same bytes again', async (status) => {
    const failed = new Set<string>()
    receiver.answerWith(({ path }) => {
      if (failed.has(path)) return { status: 200 }
      failed.add(path)
      return { status, headers: { 'retry-after': '0' } }
    })
    const sandglass = instrument()
    await record(sandglass, 1)
    expect(await sandglass.flush()).toMatchObject({ spansAcked: 1, eventsAcked: 2, spansDropped: 0 })
    const bodies = receiver.requests.filter(isTraces).map(({ body }) => body.toString('base64'))
    expect(bodies).toHaveLength(2)
    expect(new Set(bodies).size).toBe(1)
  })

  test('and asks for more patience than a request has gets them with a later flush', async () => {
    let isUp = false
    receiver.answerWith(() => (isUp ? { status: 200 } : { status: 503, headers: { 'retry-after': '3600' } }))
    const sandglass = instrument()
    await record(sandglass, 2)
    expect(await sandglass.flush()).toMatchObject({ spansAcked: 0, spansDropped: 0, pending: 6 })
    isUp = true
    await record(sandglass, 1)
    expect(await sandglass.flush()).toMatchObject({ spansAcked: 3, eventsAcked: 6, pending: 0 })
    const [first, second] = receiver.requests.filter(isTraces).map(({ body }) => body.toString('base64'))
    expect(second).toBe(first)
    expect(new Set(receiver.spans.map(({ spanId }) => spanId)).size).toBe(3)
  })

  test('for ever costs bounded memory: what there is no room for is counted', async () => {
    receiver.answerWith(() => ({ status: 503, headers: { 'retry-after': '3600' } }))
    const sandglass = instrument()
    const ROUNDS = 90
    const wide = { ...spec, conversationId: 'x'.repeat(7_000) }
    for (let round = 0; round < ROUNDS; round++) {
      await Promise.all(Array.from({ length: 100 }, () => sandglass.task(wide, () => {})))
      await sandglass.flush()
    }
    const { spansDropped, eventsDropped, pending } = sandglass.stats()
    expect(spansDropped + eventsDropped).toBeGreaterThan(0)
    expect(spansDropped + eventsDropped + pending).toBe(ROUNDS * 300)
  })
})

test.each([400, 401, 404, 413, 500])(
  'a %d is final: dropped, counted, told, and not sent again',
  async (status) => {
    receiver.answerWith(() => ({ status }))
    const sandglass = instrument()
    await record(sandglass, 1)
    expect(await sandglass.flush()).toMatchObject({
      spansAcked: 0,
      spansDropped: 1,
      eventsDropped: 2,
      pending: 0,
    })
    await sandglass.flush()
    expect(receiver.requests).toHaveLength(2)
    expect(lines).toContain('export.failed')
  },
)

test('what a 200 rejected is not acknowledged', async () => {
  receiver.answerWith((request) => ({
    status: 200,
    headers: { 'content-type': 'application/x-protobuf' },
    ...(isTraces(request) ? { body: encodeAnswer(2) } : {}),
  }))
  const sandglass = instrument()
  await record(sandglass, 5)
  expect(await sandglass.flush()).toMatchObject({
    spansAcked: 3,
    spansRejected: 2,
    eventsAcked: 10,
    pending: 0,
  })
})

test('in JSON, rejected counts come as text', async () => {
  receiver.answerWith((request) => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    ...(isTraces(request) ? { body: '{"partialSuccess":{"rejectedSpans":"1"}}' } : { body: 'not json' }),
  }))
  const sandglass = instrument({ encoding: json })
  await record(sandglass, 2)
  expect(await sandglass.flush()).toMatchObject({ spansAcked: 1, spansRejected: 1, eventsAcked: 4 })
})

test('no receiver at all loses nothing yet', async () => {
  const sandglass = instrument({ endpoint: 'http://127.0.0.1:1' })
  await record(sandglass, 1)
  expect(await sandglass.flush()).toMatchObject({ spansAcked: 0, spansDropped: 0, pending: 3 })
})

test('a full queue refuses what is new, counts it, and never throws', async () => {
  const sandglass = instrument()
  await record(sandglass, 10_000)
  const before = sandglass.stats()
  expect(before.spansDropped).toBe(10_000 - 8_192)
  const stats = await sandglass.flush()
  expect(stats.spansAcked + stats.spansDropped).toBe(10_000)
  expect(stats.eventsAcked + stats.eventsDropped).toBe(20_000)
}, 30_000)

test('what waits is sent by itself after the interval, and waitUntil hears of it', async () => {
  const clock = createTestClock()
  const works: Promise<unknown>[] = []
  const sandglass = instrument({ clock, flushIntervalMs: 1_000, waitUntil: (work) => void works.push(work) })
  await record(sandglass, 1)
  clock.advance(999)
  expect(works).toHaveLength(0)
  clock.advance(1)
  expect(works).toHaveLength(1)
  await Promise.all(works)
  expect(sandglass.stats()).toMatchObject({ spansAcked: 1, eventsAcked: 2, pending: 0 })
})

test('headers go with every request', async () => {
  const sandglass = instrument({ headers: { authorization: 'Bearer abc' } })
  await record(sandglass, 1)
  await sandglass.flush()
  expect(receiver.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer abc', 'Bearer abc'])
})

test('concurrent flushes send each record once', async () => {
  const sandglass = instrument()
  await record(sandglass, 600)
  await Promise.all([sandglass.flush(), sandglass.flush(), sandglass.flush()])
  expect(receiver.spans).toHaveLength(600)
})

describe('hostile strings', () => {
  const hostile = [
    '\0\u0001\u001B[31m',
    '\uD800 lone \uDFFF',
    'x'.repeat(10_000_000),
    '🪤'.repeat(9_000),
    '\u2028"\\',
  ]
  test.each(['protobuf', 'json'] as const)(
    'leave as valid %s, cut at their limit with a mark',
    async (encoding) => {
      const sandglass = instrument({ encoding: encoding === 'json' ? json : encoding })
      for (const text of hostile) {
        await sandglass.task({ ...spec, conversationId: text }, (task) => task.tool(text, {}, () => {}))
      }
      expect(await sandglass.flush()).toMatchObject({ spansAcked: 10, eventsAcked: 10, internalErrors: 0 })
      const seen = receiver.spans.map(({ attributes }) => String(attributes['gen_ai.conversation.id']))
      expect(seen.every((text) => text.isWellFormed() && text.length <= 8_192)).toBe(true)
      expect(seen.filter((text) => text.endsWith('…[cut]'))).toHaveLength(4)
    },
  )
})

test('a state store that fails costs the chain its memory and nothing else', async () => {
  const broken = () => Promise.reject(new Error('storage is down'))
  const sandglass = instrument({ state: { get: broken, put: broken, delete: broken } })
  await record(sandglass, 2)
  expect(await sandglass.flush()).toMatchObject({ eventsAcked: 4, internalErrors: 0 })
  expect(lines).toContain('state')
})

test('each instrument is its own: nothing is shared between two', async () => {
  const state = createMemoryState()
  const [one, two] = [instrument({ state }), instrument()]
  await record(one, 3)
  expect(two.stats().spansEnded).toBe(0)
  expect(two.currentTask()).toBeUndefined()
  await one.task(spec, () => expect(two.currentTask()).toBeUndefined())
})
