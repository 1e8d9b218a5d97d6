import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTestClock } from '../testing/test-clock.ts'
import { createActivity, type ActivityKind } from './activity.ts'

const kinds: ActivityKind[] = ['command', 'model_wait', 'human_wait', 'terminal', 'background']

test('seconds are exclusive: however activities overlap, they sum to the time that passed', () => {
  const steps = fc.array(
    fc.record({ kind: fc.constantFrom(...kinds), leave: fc.boolean(), ms: fc.nat(5_000) }),
    { maxLength: 50 },
  )
  fc.assert(
    fc.property(steps, (sequence) => {
      const clock = createTestClock()
      const activity = createActivity(clock)
      const open: (() => void)[] = []
      let passed = 0
      for (const { kind, leave, ms } of sequence) {
        if (leave) open.shift()?.()
        else open.push(activity.enter(kind))
        clock.advance(ms)
        passed += ms
      }
      const total = Object.values(activity.take()).reduce((sum, seconds) => sum + seconds, 0)
      expect(total).toBeCloseTo(passed / 1_000, 6)
    }),
  )
})

test('a command counts before waiting for a model, that before a person, and leaving twice is leaving once', () => {
  const clock = createTestClock()
  const activity = createActivity(clock)
  const human = activity.enter('human_wait')
  clock.advance(1_000)
  const model = activity.enter('model_wait')
  clock.advance(1_000)
  const command = activity.enter('command')
  clock.advance(1_000)
  command()
  command()
  clock.advance(1_000)
  model()
  human()
  clock.advance(1_000)
  expect(activity.take()).toMatchObject({ human_wait: 1, model_wait: 2, command: 1, idle: 1 })
})

test('a clock set back costs no negative time', () => {
  const clock = createTestClock()
  const activity = createActivity(clock)
  clock.advance(2_000)
  activity.enter('command')
  clock.jump(0)
  activity.enter('command')
  expect(Object.values(activity.take()).every((seconds) => seconds >= 0)).toBe(true)
})
