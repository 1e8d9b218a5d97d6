import { kebabCase } from '@sandglass/dashboards'
import { startTestDatabase, type TestDatabase } from '@sandglass/dashboards/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { firingSubjects, ruleQueryAt, type ScoredSubject } from '../evaluate.ts'
import type { AlertRule, Fixture } from '../rule.ts'
import { rules } from './index.ts'

/** All fixtures live in one database, each as a tenant of its own. */
const nowMs = Date.now()
let database: TestDatabase

const fixturesOf = (rule: AlertRule): readonly Fixture[] => [
  ...rule.fixtures.mustFire,
  ...rule.fixtures.mustNotFire,
]
const tenantOf = (rule: AlertRule, fixture: Fixture) =>
  `${kebabCase(rule.name)}-${fixturesOf(rule).indexOf(fixture)}`

beforeAll(async () => {
  database = await startTestDatabase()
  const fixtures = rules.flatMap((rule) =>
    fixturesOf(rule).map((fixture) => [tenantOf(rule, fixture), fixture]),
  )
  await database.store(nowMs, Object.fromEntries(fixtures))
})
afterAll(() => database.stop())

describe.each(rules.map((rule) => [rule.name, rule] as const))('%s', (_, rule) => {
  let subjects: readonly ScoredSubject[]
  beforeAll(async () => {
    subjects = firingSubjects(rule, await database.query(ruleQueryAt(rule, nowMs)))
  })
  const alertsOf = (fixture: Fixture) =>
    subjects.map(({ labels }) => labels).filter(({ tenant }) => tenant === tenantOf(rule, fixture))

  test.each(rule.fixtures.mustFire.map((fixture) => [fixture.title, fixture] as const))(
    'fires when %s',
    (_title, fixture) => {
      const expected = fixture.alerts.map((labels) => ({ tenant: tenantOf(rule, fixture), ...labels }))
      expect(alertsOf(fixture)).toEqual(expected)
    },
  )

  test.each(rule.fixtures.mustNotFire.map((fixture) => [fixture.title, fixture] as const))(
    'stays silent when %s',
    (_title, fixture) => {
      expect(alertsOf(fixture)).toEqual([])
    },
  )

  test('always answers with a row of value 0, so that no rows mean a broken query', async () => {
    const rows = await database.query(ruleQueryAt(rule, nowMs - 300 * 86_400_000))
    expect(rows).toEqual([{ ...Object.fromEntries(rule.labels.map((label) => [label, ''])), value: 0 }])
  })
})
