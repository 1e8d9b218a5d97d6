import { join } from 'node:path'
import { attr, event } from '@sandglass/schemas/semconv'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startOtlpReceiver, type OtlpReceiver } from '../testing/otlp-receiver.ts'
import { startTestWorkerd, type TestWorkerd } from '../testing/workerd.ts'

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

const play = (name: string, box: string): Promise<unknown> => workerd.ask('/', { play: name, box })

const usageOf = (box: string, generation: number) =>
  receiver
    .eventsNamed(event.usageMeasured)
    .map(({ attributes }) => attributes)
    .filter((facts) => facts[attr.sandboxName] === box && facts[attr.sandboxGeneration] === generation)
const numbers = (facts: readonly Readonly<Record<string, unknown>>[], name: string): number[] =>
  facts.map((one) => Number(one[name]))
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

function assertSeamless(facts: readonly Readonly<Record<string, unknown>>[]): void {
  expect(numbers(facts, attr.usageStart).slice(1)).toEqual(numbers(facts, attr.usageEnd).slice(0, -1))
  expect(numbers(facts, attr.usageSequence)).toEqual(facts.map((_, index) => index + 1))
}

test('across eviction and restart each generation is seamless, and sums to what its container spent', async () => {
  await play('destroyed', 'restarted')
  await workerd.ask('/', { play: 'evict', box: 'restarted' })
  await play('burn', 'restarted')
  const [first, second] = [usageOf('restarted', 1), usageOf('restarted', 2)]
  assertSeamless(first)
  assertSeamless(second)
  expect(sum(numbers(first, attr.cpuTime))).toBeGreaterThan(0.3)
  const id = String(second[0]?.[attr.sandboxId])
  const container = workerd.engine.containers().find(({ name }) => name.includes(id))
  expect(Math.abs(sum(numbers(second, attr.cpuTime)) - (container?.cpuSeconds ?? 0))).toBeLessThan(0.15)
  expect(sum(numbers(second, attr.cpuTime))).toBeGreaterThan(0.3)
  const lastEnd = Math.max(...numbers(first, attr.usageEnd))
  expect(Math.min(...numbers(second, attr.usageStart))).toBeGreaterThanOrEqual(lastEnd)
  expect(receiver.problems()).toEqual([])
})

test('while a container goes on without its object nothing is lost or metered twice, and its generation stays', async () => {
  await play('outlive', 'outlived')
  const before = usageOf('outlived', 1)
  const id = String(before[0]?.[attr.sandboxId])
  const container = () =>
    workerd.engine.containers().find(({ name, state }) => name.includes(id) && state === 'running')
  const pid = container()?.pid
  await workerd.ask('/', { play: 'evict', box: 'outlived' })
  await play('burn', 'outlived')
  expect(container()?.pid).toBe(pid)
  const usage = usageOf('outlived', 1)
  expect(usage.length).toBeGreaterThan(before.length)
  assertSeamless(usage)
  expect(usageOf('outlived', 2)).toEqual([])
  expect(Math.abs(sum(numbers(usage, attr.cpuTime)) - (container()?.cpuSeconds ?? 0))).toBeLessThan(0.15)
  expect(sum(numbers(usage, attr.cpuTime))).toBeGreaterThan(0.7)
  const states = receiver
    .eventsNamed(event.lifecycleChanged)
    .filter(({ attributes }) => attributes[attr.sandboxName] === 'outlived')
    .map(({ attributes }) => attributes[attr.lifecycleState])
  expect(states).toEqual(['starting', 'started'])
  expect(receiver.problems()).toEqual([])
})
