import { lineageOf } from './lineage/index.ts'
import { attr, event } from '@sandglass/schemas/semconv'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { chainProblems } from './testing/chain.ts'
import { counters, type MemoryCommand } from './testing/memory-container.ts'
import { startOtlpReceiver, type OtlpReceiver } from './testing/otlp-receiver.ts'
import { createTestClock } from './testing/test-clock.ts'
import { createTestParts, type TestParts } from './testing/test-sandglass.ts'

let receiver: OtlpReceiver
let unhandled: unknown[]
const listen = (reason: unknown): void => void unhandled.push(reason)
beforeEach(async () => {
  unhandled = []
  process.on('unhandledRejection', listen)
  receiver = await startOtlpReceiver()
})
afterEach(async () => {
  await receiver.stop()
  process.off('unhandledRejection', listen)
  if (unhandled.length > 0) throw new Error(`unhandled: ${unhandled.map(String).join()}`)
})

const SPEC = { class: 'c', team: 't', tier: 'A', agent: 'a' } as const
const MIB = 1024 * 1024

const HOSTILE: readonly (readonly [what: string, text: string])[] = [
  ['control characters', Array.from({ length: 32 }, (_, code) => String.fromCodePoint(code)).join('')],
  ['10 MB', 'x'.repeat(10 * MIB)],
  ['10 MB that look like secrets', 'password='.repeat(MIB)],
  ['lone surrogates', '\uD800 in the middle \uDFFF'],
  ['bidirectional marks and zero widths', '\u202Egnp.exe\u200B\uFEFF'],
  ['a template that is none', '${process.exit()} {{constructor}} %s %n'],
]

describe('hostile strings reach the host unchanged, and the receiver bounded and well formed', () => {
  test.each(HOSTILE)(
    '%s',
    async (_, text) => {
      const parts = createTestParts(receiver, {
        promptHashKey: 'key',
        content: { prompts: true, toolArguments: true },
      })
      const { sandglass, container, bare } = parts
      const given = await sandglass.task({ ...SPEC, user: text, repositoryUrl: text }, async (task) => {
        await task.prompt({ text, source: 'user', model: text, provider: text }, (prompt) =>
          prompt.answer(text),
        )
        await task.tool(text, { text }, async () =>
          (await container.exec([text, text], { cwd: text })).output(),
        )
        task.change({ repositoryUrl: text, id: text })
        task.artifact({ path: text, sha256: text })
        return task
          .tool('fails', {}, () => Promise.reject(new Error(text)))
          .catch((error: Error) => error.message)
      })
      expect(given === text).toBe(true)
      const [call] = bare.calls
      expect([call?.command[0] === text, call?.options?.cwd === text]).toEqual([true, true])
      const stats = await sandglass.flush()
      expect(stats).toMatchObject({ spansDropped: 0, eventsDropped: 0, pending: 0, internalErrors: 0 })
      const strings = [...receiver.spans, ...receiver.events].flatMap(({ name, attributes }) => [
        name,
        ...Object.values(attributes).filter((value) => typeof value === 'string'),
      ])
      expect(strings.every((value) => value.length <= 8_192 && value.isWellFormed())).toBe(true)
      expect(chainProblems(receiver.events)).toEqual([])
    },
    30_000,
  )
})

describe('a clock that jumps', () => {
  /** Counters that grow by a second each time they are read. */
  function commandsOf(): (command: readonly string[]) => MemoryCommand {
    let seconds = 0
    return ([first]) => (first === 'cat' ? counters(++seconds) : {})
  }

  test.each([
    ['an hour ahead', 3_600_000],
    ['an hour back', -3_600_000],
    ['to the epoch', -1_700_000_000_000],
  ])('%s makes no span, interval or task of negative length', async (_, jumpMs) => {
    const clock = createTestClock()
    const { sandglass, container } = createTestParts(receiver, {
      clock,
      commands: commandsOf(),
      spec: { meterIntervalMs: 60_000 },
    })
    container.start()
    await sandglass.task(SPEC, async () => {
      clock.advance(1_000)
      const process = await container.exec(['x'])
      clock.jump(clock.now() + jumpMs)
      await process.output()
      await sandglass.sandbox(container)?.measure()
      clock.advance(1_000)
      await sandglass.sandbox(container)?.measure()
    })
    await sandglass.flush()
    for (const { name, startNs, endNs } of receiver.spans) expect(endNs >= startNs, name).toBe(true)
    const usage = receiver.eventsNamed(event.usageMeasured).map(({ attributes }) => attributes)
    expect(usage.length, 'the meter goes on').toBeGreaterThan(0)
    for (const facts of usage) {
      expect(Number(facts[attr.usageEnd])).toBeGreaterThan(Number(facts[attr.usageStart]))
      for (const name of [attr.cpuTime, attr.timeCommand, attr.timeIdle, attr.timeUnknown])
        expect(Number(facts[name])).toBeGreaterThanOrEqual(0)
    }
    const finished = receiver.eventsNamed(event.taskFinished)[0]?.attributes
    expect(Number(finished?.[attr.taskDuration])).toBeGreaterThanOrEqual(0)
    expect(receiver.problems()).toEqual([])
  })
})

const failing = (): never => {
  throw new Error('this callback throws')
}

test('callbacks that throw cost their record alone', async () => {
  const { sandglass, container } = createTestParts(receiver, {
    redact: failing,
    activeSpan: failing,
    waitUntil: failing,
    onDiagnostic: failing,
    flushIntervalMs: 1,
  })
  const output = await sandglass.task(SPEC, async () => (await container.exec(['x'])).output())
  expect(output.exitCode).toBe(0)
  expect(await sandglass.flush()).toMatchObject({ pending: 0 })
  expect(receiver.spans.map(({ attributes }) => attributes[attr.commandLine])).toContain(
    '[withheld: the redact option threw]',
  )
})

describe('after the container was destroyed', () => {
  async function destroyed(): Promise<TestParts> {
    const parts = createTestParts(receiver, {
      commands: () => counters(1),
      spec: { meterIntervalMs: 60_000 },
    })
    parts.container.start()
    await parts.container.destroy()
    parts.bare.exec = () => Promise.reject(new Error('container is not running'))
    return parts
  }

  test('calls fail as they would without us, in spans that end', async () => {
    const { sandglass, container } = await destroyed()
    await expect(container.exec(['x'])).rejects.toThrow('container is not running')
    await container.destroy()
    await sandglass.flush()
    expect(receiver.spans.filter(({ name }) => name === 'x')).toHaveLength(1)
    const states = receiver.eventsNamed(event.lifecycleChanged).map(({ attributes }) => attributes)
    expect(states.filter((facts) => facts[attr.lifecycleState] === 'destroyed')).toHaveLength(1)
  })

  test('nothing is metered, measured or left running', async () => {
    const { sandglass, container } = await destroyed()
    const before = receiver.eventsNamed(event.usageMeasured).length
    await sandglass.sandbox(container)?.measure()
    await sandglass.sandbox(container)?.close()
    await sandglass.sandbox(container)?.close()
    const stats = await sandglass.flush()
    expect(stats).toMatchObject({ pending: 0, internalErrors: 0 })
    expect(receiver.eventsNamed(event.usageMeasured).length - before).toBeLessThanOrEqual(1)
  })
})

test('nothing that a caller does with an open call ends its span twice or throws', async () => {
  const { sandglass } = createTestParts(receiver)
  await sandglass.task(SPEC, () => {
    const prompt = lineageOf(sandglass).beginPrompt(() => ({ text: 'x', source: 'user' }))
    const tool = lineageOf(sandglass).beginTool(() => ({ name: 'x' }))
    for (const call of [
      prompt,
      tool,
      lineageOf(sandglass).beginTool(failing),
      lineageOf(sandglass).beginPrompt(failing),
    ]) {
      call.end()
      call.fail(new Error('late'))
      call.end()
      expect(call.run(() => 7)).toBe(7)
    }
    prompt.usage({ inputTokens: Number.NaN, outputTokens: -1 })
  })
  await sandglass.flush()
  const ids = receiver.spans.map(({ spanId }) => spanId)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids).toHaveLength(3)
})
