import { expect, test } from 'vitest'
import { eventProblems } from './events.ts'
import { attr, event, values } from './semconv.ts'

const finished = {
  [attr.taskId]: 't1',
  [attr.taskOutcome]: 'success',
  [attr.taskOutcomeSource]: 'test',
  [attr.teamId]: 'payments',
}

test('an event that keeps the contract has no problems', () => {
  expect(eventProblems(event.taskFinished, finished)).toEqual([])
})

test('a missing attribute, a wrong type, a value outside the list and an unknown name are each named', () => {
  const { [attr.taskId]: _, ...without } = finished
  expect(eventProblems(event.taskFinished, without).join()).toMatch(/sandglass\.task\.id/)
  expect(eventProblems(event.taskFinished, { ...finished, [attr.teamId]: 7 }).join()).toMatch(/team\.id/)
  expect(eventProblems(event.taskFinished, { ...finished, [attr.taskOutcome]: 'great' }).join()).toMatch(
    /outcome/,
  )
  expect(eventProblems(event.taskFinished, { ...finished, 'sandglass.secret': 'x' }).join()).toMatch(
    /sandglass\.secret/,
  )
  expect(eventProblems('sandglass.task.exploded', {})).toEqual(['unknown event sandglass.task.exploded'])
})

test('no two attributes and no two events share a name, and every closed list belongs to an attribute', () => {
  const names = Object.values(attr)
  expect(new Set(names).size).toBe(names.length)
  expect(new Set(Object.values(event)).size).toBe(Object.values(event).length)
  expect(Object.keys(values).filter((name) => !names.some((known) => known === name))).toEqual([])
})
