import { join } from 'node:path'
import { attr, event } from '@sandglass/schemas/semconv'
import { afterAll, describe, expect, test } from 'vitest'
import { startOtlpReceiver } from '../../testing/otlp-receiver.ts'
import { startTestWorkerd } from '../../testing/workerd.ts'

interface Seen {
  readonly seen: unknown
  readonly calls: readonly string[]
  readonly unhandled: readonly string[]
  readonly above: readonly string[]
}

/** Three sandboxes with real commands at once take their time on a busy machine. */
const LONG = { timeout: 240_000 }

const receiver = await startOtlpReceiver()
const workerd = await startTestWorkerd(
  join(import.meta.dirname, 'worker/index.ts'),
  { OTLP_ENDPOINT: receiver.url, SANDBOX_LOG_LEVEL: 'error' },
  { SANDBOX: 'Sandbox' },
)
const scenarios = (await workerd.ask('/scenarios')) as string[]
const called = new Set<string>()

afterAll(async () => {
  await workerd.stop()
  await receiver.stop()
})

describe.each(scenarios)('%s', (scenario) => {
  test('is the same bare, wrapped, and with everything of ours broken', LONG, async () => {
    const run = async (as: string) => ({ as, ...((await workerd.ask('/run', { scenario, as })) as Seen) })
    const [bare, ...others] = await Promise.all(['bare', 'wrapped', 'hostile'].map(run))
    for (const name of bare?.above ?? []) called.add(name)
    for (const { as, seen, calls, unhandled } of others)
      expect({ as, seen, calls, unhandled }).toEqual({
        as,
        seen: bare?.seen,
        calls: bare?.calls,
        unhandled: [],
      })
  })
})

test('every method that is recorded has a scenario, and the list is printed', async () => {
  const methods = (await workerd.ask('/methods')) as Record<string, string[]>
  const wanted = ['sandbox', 'process', 'tunnels'].flatMap((kind) =>
    (methods[kind] ?? []).map((method) => `${kind}.${method}`),
  )
  console.log(`covered methods of 0.12 (${called.size}):\n${[...called].toSorted().join('\n')}`)
  expect(wanted.filter((name) => !called.has(name))).toEqual([])
})

test('streamed commands carry the exit code of their last event, sessions their id', () => {
  const spans = receiver.spans.map(({ attributes }) => attributes)
  const streamed = spans.filter(
    (facts) => facts[attr.operation] === 'exec' && facts[attr.responseSize] !== undefined,
  )
  expect(streamed.map((facts) => facts[attr.exitCode])).toEqual(expect.arrayContaining([0, 5, 6]))
  expect(
    spans.some((facts) => facts[attr.sessionId] === 's1' && facts[attr.filePath] === '/workspace/d'),
  ).toBe(true)
})

test('a watch tells what a command changed, once, and not what the API wrote', () => {
  const told = receiver
    .eventsNamed(event.fileMutated)
    .map(({ attributes }) => attributes)
    .filter((facts) => /by-api|by-command|moved/.test(String(facts[attr.filePath])))
    .map((facts) => [facts[attr.fileOperation], facts[attr.filePath], facts[attr.fileSource]])
  expect(told).toEqual([
    ['modify', '/workspace/by-api', 'api'],
    ['create', '/workspace/by-command', 'watch'],
    ['rename', '/workspace/moved', 'watch'],
  ])
})

test('no operation left a span or an event that breaks the contract', () => {
  expect(receiver.spans.length).toBeGreaterThan(100)
  expect(receiver.problems()).toEqual([])
})
