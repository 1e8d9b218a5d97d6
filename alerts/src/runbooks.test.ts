import {
  interpolateQuery,
  kebabCase,
  panelQueries,
  runbookDashboards,
  runbookUid,
} from '@sandglass/dashboards'
import { startTestDatabase, type TestDatabase } from '@sandglass/dashboards/testing'
import { bindParameters, listRunbooks, loadRunbook } from '@sandglass/runbooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AlertRule } from './rule.ts'
import { rules } from './rules/index.ts'

/** Each alert's incidents live in one database, each incident as a tenant of its own. */
let database: TestDatabase

const incidentsOf = (rule: AlertRule) =>
  rule.fixtures.mustFire.map(
    (fixture, index) => [fixture.title, fixture, `${kebabCase(rule.name)}-${index}`] as const,
  )

beforeAll(async () => {
  database = await startTestDatabase()
  const incidents = rules.flatMap(incidentsOf).map(([, fixture, tenant]) => [tenant, fixture])
  await database.store(Date.now(), Object.fromEntries(incidents))
})
afterAll(() => database.stop())

test('every alert has its runbook, and every runbook its alert', () => {
  expect(listRunbooks()).toEqual(rules.map(({ name }) => name).sort())
})

describe.each(rules.map((rule) => [rule.name, rule] as const))('%s', (name, rule) => {
  const runbook = loadRunbook(name)

  test('the labels of the alert are all that its queries need, and each label is used', () => {
    const parameters = runbook.queries.flatMap((query) => query.parameters)
    const required = parameters.filter(({ defaultValue }) => defaultValue === undefined)
    expect([...new Set(required.map((parameter) => parameter.name))].sort()).toEqual([...rule.labels].sort())
  })

  test.each(incidentsOf(rule))(
    'its queries run, and the first one finds what fired, when %s',
    async (_, fixture, tenant) => {
      for (const labels of fixture.alerts) {
        const answers = []
        for (const query of runbook.queries)
          answers.push(await database.query(query.sql, bindParameters(runbook, query, { tenant, ...labels })))
        expect(answers[0], runbook.queries[0]?.name).not.toHaveLength(0)
      }
      expect(fixture.alerts).not.toHaveLength(0)
    },
  )

  test.each(incidentsOf(rule))(
    'its dashboard shows the answers that the command line gives, when %s',
    async (_, fixture, tenant) => {
      const shown = runbookDashboards().find(({ uid }) => uid === runbookUid(name))
      if (!shown) throw new Error(`runbook ${name} has no dashboard`)
      const panels = panelQueries(shown)
      expect(panels).toHaveLength(runbook.queries.length)
      const defaults = Object.fromEntries(
        runbook.queries.flatMap(({ parameters }) => parameters.map((p) => [p.name, p.defaultValue ?? ''])),
      )
      const variables = { ...defaults, tenant, ...fixture.alerts[0] }
      for (const [index, query] of runbook.queries.entries()) {
        const parameters = bindParameters(runbook, query, { tenant, ...fixture.alerts[0] })
        const sql = interpolateQuery(panels[index]?.sql ?? '', {
          fromMs: 0,
          toMs: 0,
          intervalMs: 1,
          variables,
        })
        expect(await database.query(sql), query.name).toHaveLength(
          (await database.query(query.sql, parameters)).length,
        )
      }
    },
  )
})
