import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { startOtlpReceiver } from '../testing/otlp-receiver.ts'
import { startTestWorkerd } from '../testing/workerd.ts'

/** Three sandboxes with real commands at once take their time on a busy machine. */
const LONG = { timeout: 240_000 }

const receiver = await startOtlpReceiver()
const workerd = await startTestWorkerd(join(import.meta.dirname, 'worker/index.ts'), {
  OTLP_ENDPOINT: receiver.url,
})
const scenarios = (await workerd.ask('/scenarios')) as string[]

afterAll(async () => {
  await workerd.stop()
  await receiver.stop()
})

describe.each(scenarios)('%s', (scenario) => {
  test('is the same bare, wrapped, and with everything of ours broken', LONG, async () => {
    const run = async (as: string) => ({ as, seen: await workerd.ask('/run', { scenario, as }) })
    const [bare, ...others] = await Promise.all(['bare', 'wrapped', 'hostile'].map(run))
    for (const { as, seen } of others) expect({ as, seen }).toEqual({ as, seen: bare?.seen })
  })
})

test('the tables name every method of the installed types, which would not compile otherwise', async () => {
  expect(await workerd.ask('/complete')).toEqual([true, true, true, true, true, true, true])
})

test('every method that is recorded has a scenario, and the list is printed', async () => {
  const methods = (await workerd.ask('/methods')) as Record<string, string[]>
  const { called, absent } = (await workerd.ask('/called')) as Record<'called' | 'absent', string[]>
  const wanted = Object.entries(methods).flatMap(([kind, names]) => names.map((name) => `${kind}.${name}`))
  console.log(
    `covered methods of 1.x (${called.length}):\n${called.join('\n')}\nnot in this runtime: ${absent.join(', ')}`,
  )
  expect(wanted.filter((name) => !called.includes(name) && !absent.includes(name))).toEqual([])
})

test('no operation left a span or an event that breaks the contract', () => {
  expect(receiver.spans.length).toBeGreaterThan(50)
  expect(receiver.problems()).toEqual([])
})
