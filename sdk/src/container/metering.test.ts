import { attr, event } from '@sandglass/schemas/semconv'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createMemoryState } from '../testing/memory-state.ts'
import { counters, createMemoryContainer, type MemoryCommand } from '../testing/memory-container.ts'
import { startOtlpReceiver, type OtlpReceiver } from '../testing/otlp-receiver.ts'
import { createTestClock } from '../testing/test-clock.ts'
import { createTestParts } from '../testing/test-sandglass.ts'

let receiver: OtlpReceiver
beforeEach(async () => {
  receiver = await startOtlpReceiver()
})
afterEach(() => receiver.stop())

const INTERVAL_MS = 15_000
const task = { class: 'c', team: 't', tier: 'A', agent: 'a' } as const
const never = new Promise<never>(() => {})
const isReading = ([first]: readonly string[]): boolean => first === 'cat' || first === 'df'
const usage = () => receiver.eventsNamed(event.usageMeasured).map(({ attributes }) => attributes)
const column = (name: string): number[] => usage().map((facts) => Number(facts[name]))

/** A metered container, on a clock that moves when told. */
function createStage(reading: () => MemoryCommand = () => counters(1)) {
  const clock = createTestClock()
  const state = createMemoryState()
  const commands = (command: readonly string[]): MemoryCommand => (isReading(command) ? reading() : {})
  const options = { clock, state, commands, spec: { meterIntervalMs: INTERVAL_MS, instanceType: 'lite' } }
  const parts = createTestParts(receiver, options)
  /** Resolves when an interval that came due has been told. */
  const passInterval = async (): Promise<void> => {
    clock.advance(INTERVAL_MS)
    await settle()
    await parts.sandglass.flush()
  }
  const measure = async (): Promise<void> => parts.sandglass.sandbox(parts.container)?.measure()
  return { ...parts, clock, options, passInterval, measure }
}

/** Lets everything that is not on the clock happen. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

describe('a reading that hangs is given up', () => {
  const hanging = () => {
    let isStuck = false
    const stage = createStage(() => (isStuck ? { until: never } : counters(1)))
    stage.container.start()
    return { ...stage, stick: () => void (isStuck = true) }
  }
  /** Moves the clock until `work` is done. */
  const passing = async (clock: { advance(ms: number): void }, work: Promise<unknown>): Promise<void> => {
    let isDone = false
    void work.then(() => (isDone = true))
    await vi.waitFor(() => {
      clock.advance(500)
      expect(isDone).toBe(true)
    })
  }

  test('after two seconds, and the span of the command ends', async () => {
    const { sandglass, container, clock, stick } = hanging()
    await settle()
    stick()
    await (await container.exec(['run'])).output()
    await passing(clock, sandglass.flush())
    expect(receiver.spans.filter(({ attributes }) => attributes[attr.operation] === 'exec')).toHaveLength(1)
  })

  test('and the interval is told without it', async () => {
    const { sandglass, clock, stick, measure } = hanging()
    await settle()
    stick()
    await passing(clock, measure())
    await sandglass.flush()
    expect(usage()[0]?.[attr.usageQuality]).toBe('interpolated')
  })
})

describe('a container that ended by itself is metered no more', () => {
  test('as soon as its monitor says so', async () => {
    const { sandglass, passInterval } = createStage()
    const { promise, resolve } = Promise.withResolvers<void>()
    const bare = Object.assign(createMemoryContainer(), { monitor: () => promise })
    const container = sandglass.container(bare, { sandboxId: 'watched', meterIntervalMs: INTERVAL_MS })
    container.start()
    void container.monitor()
    await passInterval()
    bare.running = false
    resolve()
    await settle()
    for (let round = 0; round < 3; round++) await passInterval()
    expect(column(attr.usageSequence)).toEqual([1])
  })

  test('at the next interval at the latest, although nobody watches it', async () => {
    const { container, bare, passInterval } = createStage()
    container.start()
    await passInterval()
    bare.running = false
    for (let round = 0; round < 4; round++) await passInterval()
    expect(column(attr.usageSequence)).toEqual([1, 2])
  })

  test('and one that is started again is', async () => {
    const { container, bare, passInterval } = createStage()
    container.start()
    await passInterval()
    bare.running = false
    await passInterval()
    container.start()
    await passInterval()
    expect(column(attr.sandboxGeneration)).toEqual([1, 1, 2])
  })
})

test('a start before the state was read never lets a generation come again', async () => {
  const state = createMemoryState()
  await state.put('sandglass.sandbox.box', { generation: 5, meter: undefined })
  const options = { state, spec: { meterIntervalMs: 60_000 }, clock: createTestClock() }
  const { container, sandglass } = createTestParts(receiver, options)
  container.start()
  await settle()
  expect(sandglass.sandbox(container)?.generation).toBe(6)
  const next = createTestParts(receiver, options)
  await settle()
  next.container.start()
  expect(next.sandglass.sandbox(next.container)?.generation).toBe(7)
})

test('the last reading of a container that comes late ends nothing of the next one', async () => {
  let release = (): void => {}
  let isSlow = false
  const until = new Promise<void>((resolve) => (release = resolve))
  const stage = createStage(() => (isSlow ? { ...counters(9), until } : counters(1)))
  const { container, clock, passInterval } = stage
  container.start()
  await settle()
  clock.advance(5_000)
  isSlow = true
  const destroying = container.destroy()
  await settle()
  clock.advance(300)
  await destroying
  isSlow = false
  container.start()
  release()
  await settle()
  await passInterval()
  const told = usage().filter((facts) => facts[attr.sandboxGeneration] === 2)
  expect(told.map((facts) => [facts[attr.usageSequence], facts[attr.cpuTime]])).toEqual([[1, 1]])
})

test('tasks that ended before the start pay nothing', async () => {
  const { sandglass, container, clock, passInterval } = createStage()
  await settle()
  for (const id of ['first', 'second']) await sandglass.task({ ...task, id }, () => {})
  clock.advance(60_000)
  container.start()
  await passInterval()
  expect(usage()[0]?.[attr.usageTaskIds] ?? []).toEqual([])
})

test('an interval begins where the one before ended, although the clock went back between two isolates', async () => {
  const { clock, options, container, passInterval } = createStage()
  container.start()
  await passInterval()
  clock.jump(clock.now() - 4_000)
  const next = createTestParts(receiver, options)
  next.bare.running = true
  await settle()
  for (const ms of [3_000, 3_000]) {
    clock.advance(ms)
    await next.sandglass.sandbox(next.container)?.measure()
  }
  await next.sandglass.flush()
  const [first = 0] = column(attr.usageEnd)
  expect(column(attr.usageStart)[1]).toBe(first)
  expect(column(attr.usageEnd)[1]).toBe(first + 2_000)
})

test('a container that was to be destroyed, and was not, is metered on without a gap', async () => {
  const { container, bare, passInterval, clock } = createStage()
  bare.destroy = () => Promise.reject(new Error('busy'))
  container.start()
  await passInterval()
  clock.advance(1_000)
  await expect(container.destroy()).rejects.toThrow('busy')
  await passInterval()
  expect(column(attr.usageSequence)).toEqual([1, 2, 3])
  expect(column(attr.usageStart).slice(1)).toEqual(column(attr.usageEnd).slice(0, -1))
})
