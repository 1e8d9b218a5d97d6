import { eventProblems } from '@sandglass/schemas/events'
import { expect, test } from 'vitest'
import { overridesOf } from './observe/overrides.ts'
import type { OverrideRow } from './observe/reader.ts'
import { budgetOverride, endOverride, enforcerPause, OverrideError } from './override.ts'

const NOW_MS = 1_000_000
const HOUR_MS = 3_600_000
const person = { actor: 'u_1', reason: 'incident', ticket: 'OPS-1' }
const request = { ...person, budget: 'b', scope: 'team=payments', expiresAtMs: NOW_MS + HOUR_MS }

test.each([
  ['an override', budgetOverride({ ...request, approver: 'u_2' }, NOW_MS)],
  ['a pause', enforcerPause({ ...person, expiresAtMs: NOW_MS + 1 }, NOW_MS)],
  ['an end', endOverride({ ...person, id: 'ovr_1' }, NOW_MS)],
])('%s is an event of the contract', (_, { name, attributes }) => {
  expect(eventProblems(name, attributes)).toEqual([])
})

test('an override that names too little is refused with everything it lacks', () => {
  const lacking = { ...request, actor: ' ', ticket: '', scope: 'galaxy=milky', expiresAtMs: NOW_MS }
  expect(() => budgetOverride(lacking, NOW_MS)).toThrow(OverrideError)
  expect(() => budgetOverride(lacking, NOW_MS)).toThrow(/actor.*ticket.*expired.*galaxy/)
})

const row = (over: Partial<OverrideRow> = {}): OverrideRow => ({
  ...person,
  id: 'ovr_1',
  scope: 'team=payments',
  budget: 'b',
  policy: '',
  approver: '',
  grantedAtMs: NOW_MS - 1000,
  expiresAtMs: NOW_MS + HOUR_MS,
  endedAtMs: null,
  ...over,
})
const activeOf = (...rows: readonly OverrideRow[]) => overridesOf(rows, NOW_MS, 24 * HOUR_MS)

test('an override lifts its budget in its scope, or in every scope, and nothing else', () => {
  expect(activeOf(row()).for('b', 'team=payments')).toMatchObject({ id: 'ovr_1', actor: 'u_1' })
  expect(activeOf(row({ scope: '*' })).for('b', 'team=growth')).not.toBeNull()
  expect(activeOf(row()).for('b', 'team=growth')).toBeNull()
  expect(activeOf(row()).for('other', 'team=payments')).toBeNull()
})

test.each([
  ['without a ticket', { ticket: '' }],
  ['without a reason', { reason: ' ' }],
  ['without an actor', { actor: '' }],
  ['that lasts longer than allowed', { expiresAtMs: NOW_MS + 24 * HOUR_MS }],
])('an override %s is ignored and counted', (_, over) => {
  const overrides = activeOf(row(over))
  expect(overrides.for('b', 'team=payments')).toBeNull()
  expect(overrides.ignored).toBe(1)
})

test('what was ended or has expired lifts nothing; only an expiry still wants its end recorded', () => {
  const ended = activeOf(row({ endedAtMs: NOW_MS - 1 }))
  const expired = activeOf(row({ expiresAtMs: NOW_MS }))
  expect([ended, expired].map((overrides) => overrides.for('b', 'team=payments'))).toEqual([null, null])
  expect([ended, expired].map((overrides) => overrides.expired.length)).toEqual([0, 1])
})

test('a pause is an override of the enforcer itself', () => {
  expect(activeOf(row({ budget: '', policy: 'enforcer', scope: '*' })).pause).toMatchObject({ id: 'ovr_1' })
  expect(activeOf(row()).pause).toBeNull()
})
