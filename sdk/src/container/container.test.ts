import { attr, event } from '@sandglass/schemas/semconv'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createMemoryState } from '../testing/memory-state.ts'
import { counters, type MemoryCommand } from '../testing/memory-container.ts'
import { startOtlpReceiver, type OtlpReceiver } from '../testing/otlp-receiver.ts'
import { createTestClock } from '../testing/test-clock.ts'
import { createTestParts } from '../testing/test-sandglass.ts'

let receiver: OtlpReceiver
beforeEach(async () => {
  receiver = await startOtlpReceiver()
})
afterEach(() => receiver.stop())

const spec = { class: 'c', team: 't', tier: 'A', agent: 'a' } as const
const execSpans = () => receiver.spans.filter(({ attributes }) => attributes[attr.operation] === 'exec')

describe('a command span ends once', () => {
  const big = { stdout: 'x'.repeat(1_000) }

  test('when its output is taken', async () => {
    const { sandglass, container } = createTestParts(receiver, { commands: () => big })
    await (await container.exec(['a'])).output()
    await sandglass.flush()
    expect(execSpans().map(({ attributes }) => attributes[attr.stdoutSize])).toEqual([1_000])
  })

  test('when a stream was read to its end, and not before', async () => {
    let exit = (): void => {}
    const until = new Promise<void>((resolve) => (exit = resolve))
    const { sandglass, container } = createTestParts(receiver, { commands: () => ({ ...big, until }) })
    const process = await container.exec(['a'])
    const reader = process.stdout?.getReader()
    await reader?.read()
    await sandglass.flush()
    expect(execSpans()).toHaveLength(0)
    exit()
    await reader?.read()
    await sandglass.flush()
    expect(execSpans()).toHaveLength(1)
  })

  test('when a stream is cancelled, abandoned, or never looked at', async () => {
    const { sandglass, container } = createTestParts(receiver, { commands: () => big })
    await (await container.exec(['cancelled'])).stdout?.cancel('enough')
    const abandoned = await container.exec(['abandoned'])
    const reader = abandoned.stdout?.getReader()
    await reader?.read()
    reader?.releaseLock()
    await container.exec(['never'])
    await vi.waitFor(async () => {
      await sandglass.flush()
      expect(execSpans()).toHaveLength(3)
    })
    await sandglass.flush()
    expect(new Set(receiver.spans.map(({ spanId }) => spanId)).size).toBe(receiver.spans.length)
  })

  test('although a reader holds a stream for ever: after a grace', async () => {
    const clock = createTestClock()
    const { sandglass, container } = createTestParts(receiver, { clock, commands: () => big })
    const process = await container.exec(['held'])
    await process.stdout?.getReader().read()
    await process.exitCode
    clock.advance(10_001)
    await sandglass.flush()
    expect(execSpans()).toHaveLength(1)
  })
})

test('thousands of parallel commands leave nothing behind: no span, no timer, no rejection', async () => {
  const { sandglass, container } = createTestParts(receiver)
  const unhandled: unknown[] = []
  const listen = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', listen)
  await sandglass.task(spec, async () => {
    await Promise.all(
      Array.from({ length: 3_000 }, async (_, index) =>
        (await container.exec(['run', String(index)])).output(),
      ),
    )
  })
  const stats = await sandglass.flush()
  process.off('unhandledRejection', listen)
  expect(stats).toMatchObject({ spansAcked: 3_001, spansDropped: 0, pending: 0, internalErrors: 0 })
  expect(unhandled).toEqual([])
}, 30_000)

test('what a container throws reaches the caller as it is, in a span that failed', async () => {
  const { sandglass, bare } = createTestParts(receiver)
  const failure = Object.assign(new RangeError('no such container'), { code: 'GONE' })
  bare.exec = () => Promise.reject(failure)
  const container = sandglass.container(bare, { sandboxId: 'b', meterIntervalMs: 0 })
  await expect(container.exec(['x'])).rejects.toBe(failure)
  await sandglass.flush()
  const [span] = execSpans()
  expect(span).toMatchObject({ statusCode: 2, attributes: { [attr.errorType]: 'GONE' } })
})

test('an error whose own properties throw changes nothing', async () => {
  const { sandglass, bare } = createTestParts(receiver)
  const hostile = new Proxy(new Error('x'), {
    get() {
      throw new Error('do not look at me')
    },
  })
  bare.exec = () => Promise.reject(hostile)
  const container = sandglass.container(bare, { sandboxId: 'b', meterIntervalMs: 0 })
  await expect(container.exec(['x']).catch((error: unknown) => error === hostile)).resolves.toBe(true)
  await sandglass.flush()
  expect(execSpans()).toHaveLength(1)
})

test('arguments that throw when they are read are passed on, and cost an incomplete span', async () => {
  const { sandglass, container, bare } = createTestParts(receiver)
  const options = {
    get cwd(): string {
      throw new Error('unreadable')
    },
  }
  await container.exec(['x'], options)
  expect(bare.calls).toHaveLength(1)
  await sandglass.flush()
  expect(execSpans()).toHaveLength(1)
  expect(sandglass.stats().internalErrors).toBeGreaterThan(0)
})

test('a gate refuses before anything is done, with its own error', async () => {
  const refusal = new Error('suspended')
  const gate = (operation: string): void => {
    if (operation === 'exec' || operation === 'start') throw refusal
  }
  const { container, bare } = createTestParts(receiver, { spec: { gate } })
  await expect(container.exec(['x'])).rejects.toBe(refusal)
  expect(() => container.start()).toThrow(refusal)
  expect([bare.calls.length, bare.running]).toEqual([0, false])
})

test('only what runs in a task carries its context', async () => {
  const { sandglass, container } = createTestParts(receiver)
  await sandglass.task({ ...spec, id: 'one' }, () => container.exec(['inside']))
  await container.exec(['outside'])
  await vi.waitFor(async () => {
    await sandglass.flush()
    expect(execSpans()).toHaveLength(2)
  })
  const taskOf = (command: string) =>
    execSpans().find(({ attributes }) => attributes[attr.commandLine] === command)?.attributes[attr.taskId]
  expect([taskOf('inside'), taskOf('outside')]).toEqual(['one', undefined])
})

describe('a container that outlives its isolate', () => {
  const usage = () => receiver.eventsNamed(event.usageMeasured).map(({ attributes }) => attributes)
  const column = (name: string): number[] => usage().map((facts) => Number(facts[name]))

  test('is metered on by the next one: no gap, no overlap, and the time nobody saw is called unknown', async () => {
    const clock = createTestClock()
    const state = createMemoryState()
    let spent = 1
    const commands = ([first]: readonly string[]): MemoryCommand => (first === 'cat' ? counters(spent) : {})
    const metered = { clock, state, commands, spec: { meterIntervalMs: 60_000, instanceType: 'lite' } }
    const first = createTestParts(receiver, metered)
    first.container.start()
    clock.advance(4_000)
    await first.sandglass.sandbox(first.container)?.measure()
    await first.sandglass.flush()
    clock.advance(10_000)
    spent = 3
    const second = createTestParts(receiver, metered)
    second.bare.running = true
    const container = second.sandglass.container(second.bare, { sandboxId: 'box', ...metered.spec })
    await second.sandglass.sandbox(container)?.measure()
    clock.advance(5_000)
    await second.sandglass.sandbox(container)?.measure()
    await second.sandglass.flush()
    expect(column(attr.usageSequence)).toEqual([1, 2, 3])
    expect(column(attr.usageStart).slice(1)).toEqual(column(attr.usageEnd).slice(0, -1))
    expect(column(attr.cpuTime)).toEqual([1, 2, 0])
    expect(column(attr.timeUnknown)).toEqual([0, 10, 0])
    expect(new Set(column(attr.sandboxGeneration))).toEqual(new Set([1]))
  })

  test('and was restarted meanwhile begins a new generation, whose counter begins at nothing', async () => {
    const clock = createTestClock()
    let spent = 5
    const commands = ([first]: readonly string[]): MemoryCommand => (first === 'cat' ? counters(spent) : {})
    const { sandglass, container } = createTestParts(receiver, {
      clock,
      commands,
      spec: { meterIntervalMs: 60_000 },
    })
    container.start()
    clock.advance(1_000)
    await sandglass.sandbox(container)?.measure()
    spent = 2
    clock.advance(1_000)
    await sandglass.sandbox(container)?.measure()
    clock.advance(1_000)
    await sandglass.sandbox(container)?.measure()
    await sandglass.flush()
    expect(column(attr.sandboxGeneration)).toEqual([1, 1, 2])
    expect(column(attr.usageSequence)).toEqual([1, 2, 1])
    expect(column(attr.cpuTime)).toEqual([5, 0, 2])
    expect(receiver.problems()).toEqual([])
  })

  test('an interval that could not be read says so', async () => {
    const clock = createTestClock()
    const { sandglass, container } = createTestParts(receiver, { clock, spec: { meterIntervalMs: 60_000 } })
    container.start()
    clock.advance(1_000)
    await sandglass.sandbox(container)?.measure()
    await sandglass.flush()
    expect(usage()[0]).toMatchObject({ [attr.usageQuality]: 'interpolated', [attr.cpuTime]: 0 })
  })
})

describe('a container that is destroyed while it is monitored', () => {
  const statesOf = () =>
    receiver.eventsNamed(event.lifecycleChanged).map(({ attributes }) => attributes[attr.lifecycleState])

  /** As on the platform: `monitor` rejects before `destroy` resolves. */
  function monitored(destroy: () => Promise<void>) {
    const parts = createTestParts(receiver)
    const { promise: exit, reject } = Promise.withResolvers<void>()
    const bare = Object.assign(parts.bare, {
      monitor: () => exit,
      async destroy() {
        reject(Object.assign(new Error('destroyed'), { exitCode: 137 }))
        await destroy()
      },
    })
    return { ...parts, container: parts.sandglass.container(bare, { sandboxId: 'd', meterIntervalMs: 0 }) }
  }
  const later = () => new Promise<void>((resolve) => setTimeout(resolve, 5))

  test('was destroyed, and did not fail', async () => {
    const { sandglass, container } = monitored(later)
    container.start()
    const watching = container.monitor().catch(() => {})
    await container.destroy()
    await watching
    await sandglass.flush()
    expect(statesOf()).toEqual(['starting', 'destroyed'])
  })

  test('failed, when destroying did', async () => {
    const { sandglass, container } = monitored(() => later().then(() => Promise.reject(new Error('busy'))))
    container.start()
    const watching = container.monitor().catch(() => {})
    await container.destroy().catch(() => {})
    await watching
    await sandglass.flush()
    expect(statesOf()).toEqual(['starting', 'failed'])
  })

  test('says nothing of the container that was started after it', async () => {
    const { sandglass, container } = monitored(() => Promise.resolve())
    container.start()
    const watching = container.monitor().catch(() => {})
    const destroying = container.destroy()
    await destroying
    container.start()
    await watching
    await later()
    await sandglass.flush()
    expect(statesOf()).toEqual(['starting', 'destroyed', 'starting'])
  })
})

describe('a container that is started in a task is labelled for the provider’s billing data', () => {
  function started(options: object | undefined, inTask: boolean): Promise<unknown[]> {
    const { sandglass, bare } = createTestParts(receiver)
    let seen: unknown[] = []
    Object.assign(bare, { start: (...args: unknown[]) => void (seen = args) })
    const container = sandglass.container(bare, { sandboxId: 'l', meterIntervalMs: 0 })
    const start = (): void =>
      Reflect.apply(Reflect.get(container, 'start'), container, options === undefined ? [] : [options])
    return (inTask ? sandglass.task({ ...spec, id: 'one' }, start) : Promise.resolve(start())).then(
      () => seen,
    )
  }
  const ours = { team: 't', task: 'one', tier: 'A' }

  test('with team, task and tier, and as isolated as without options', async () => {
    expect(await started(undefined, true)).toEqual([{ enableInternet: false, labels: ours }])
  })

  test('where the caller gave none of these, and leaves its options alone', async () => {
    const options = { enableInternet: true, labels: { team: 'mine', other: 'x' } }
    expect(await started(options, true)).toEqual([
      { enableInternet: true, labels: { ...ours, team: 'mine', other: 'x' } },
    ])
    expect(options.labels).toEqual({ team: 'mine', other: 'x' })
  })

  test('and not outside of one', async () => {
    expect(await started(undefined, false)).toEqual([])
  })
})
