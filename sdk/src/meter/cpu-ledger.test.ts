import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCpuLedger, type CommandCpu } from './cpu-ledger.ts'

const steps = fc.array(
  fc.record({
    do: fc.constantFrom('begin', 'end', 'read'),
    which: fc.nat(3),
    spent: fc.integer({ min: 0, max: 1_000 }),
  }),
  { maxLength: 60 },
)

test('whatever begins and ends between readings, commands and tasks share out exactly what was spent', () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const ledger = createCpuLedger()
      const running: CommandCpu[] = []
      const all: CommandCpu[] = []
      let counter = 0
      for (const step of sequence) {
        if (step.do === 'begin') {
          const command = ledger.begin(`task-${step.which}`)
          running.push(command)
          all.push(command)
        } else if (step.do === 'end') {
          const [command] = running.splice(step.which % Math.max(1, running.length), 1)
          if (command !== undefined) ledger.end(command)
        } else {
          counter += step.spent
          ledger.book(ledger.open(), counter)
        }
      }
      const { seconds, byTask } = ledger.take(['waiting'])
      const shared = [...byTask.values()].reduce((sum, value) => sum + value, 0)
      expect(seconds).toBeCloseTo(counter, 6)
      expect(shared).toBeCloseTo(counter, 6)
      const commands = all.reduce((sum, command) => sum + command.seconds, 0)
      expect(commands).toBeLessThanOrEqual(counter + 1e-6)
    }),
  )
})

test('a command that ends before a reading begins still gets what it spent, and nobody else does', () => {
  const ledger = createCpuLedger()
  const first = ledger.begin('a')
  ledger.end(first)
  const window = ledger.open()
  const second = ledger.begin('b')
  ledger.book(window, 2)
  ledger.book(ledger.open(), 5)
  expect([first.seconds, second.seconds]).toEqual([2, 3])
  expect([first.shared, second.shared]).toEqual([false, false])
})

test('a counter that fell counts as nothing spent', () => {
  const ledger = createCpuLedger()
  ledger.book(ledger.open(), 5)
  ledger.book(ledger.open(), 1)
  ledger.book(ledger.open(), 2)
  expect(ledger.take([]).seconds).toBe(6)
})
