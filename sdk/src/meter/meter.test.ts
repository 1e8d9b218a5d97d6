import { attr, event } from '@sandglass/schemas/semconv'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { counters, type MemoryCommand } from '../testing/memory-container.ts'
import { startOtlpReceiver, type OtlpReceiver } from '../testing/otlp-receiver.ts'
import { createTestClock } from '../testing/test-clock.ts'
import { createTestParts } from '../testing/test-sandglass.ts'
import { parseDisk } from './disk.ts'

let receiver: OtlpReceiver
beforeEach(async () => {
  receiver = await startOtlpReceiver()
})
afterEach(() => receiver.stop())

const DF = `Filesystem     1024-blocks   Used Available Capacity Mounted on
overlay           8000000 250000   7750000       4% /
`

/** Commands that run until they are told; the SDK's own answer at once. */
function createStage() {
  const clock = createTestClock()
  let exit = (): void => {}
  const until = new Promise<void>((resolve) => (exit = resolve))
  const commands = ([first]: readonly string[]): MemoryCommand => {
    if (first === 'cat') return counters(1)
    return first === 'df' ? { stdout: DF } : { until }
  }
  const parts = createTestParts(receiver, { clock, commands, spec: { meterIntervalMs: 60_000 } })
  parts.container.start()
  return { ...parts, clock, exit: () => exit() }
}

test.each<[string, object, string]>([
  ['a terminal', { pty: { cols: 80, rows: 24 } }, attr.timeTerminal],
  ['a command left to itself', { stdout: 'ignore', stderr: 'ignore' }, attr.timeBackground],
  ['any other command', {}, attr.timeCommand],
])('the seconds of %s are counted as such', async (_, options, kind) => {
  const { sandglass, container, clock, exit } = createStage()
  const process = await container.exec(['run'], Object.assign({}, options))
  clock.advance(4_000)
  exit()
  await process.exitCode
  await sandglass.sandbox(container)?.measure()
  await sandglass.flush()
  const facts = receiver.eventsNamed(event.usageMeasured)[0]?.attributes
  const kinds = [attr.timeTerminal, attr.timeBackground, attr.timeCommand]
  expect(kinds.map((name) => facts?.[name])).toEqual(kinds.map((name) => (name === kind ? 4 : 0)))
  expect(receiver.problems()).toEqual([])
})

test('the disk in use is read once an interval', async () => {
  const { sandglass, container, bare, clock } = createStage()
  clock.advance(1_000)
  await sandglass.sandbox(container)?.measure()
  await sandglass.flush()
  expect(receiver.eventsNamed(event.usageMeasured)[0]?.attributes[attr.diskPeak]).toBe(250_000 * 1024)
  expect(bare.calls.filter(({ command }) => command[0] === 'df')).toHaveLength(1)
})

test('a df that says something else is not believed', () => {
  expect(parseDisk(DF)).toBe(250_000 * 1024)
  for (const text of ['', 'df: not found\n', 'overlay - - - - /\n']) expect(parseDisk(text)).toBeUndefined()
})
