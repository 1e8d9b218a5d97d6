/** Every query the product ships, ready to run on a loaded database: dashboards, alerts, runbooks and the command line. */
import { rules, ruleQueryAt } from '@sandglass/alerts'
import { dashboardQueries, dashboards, interpolateQuery } from '@sandglass/dashboards'
import { bindParameters, listRunbooks, loadRunbook } from '@sandglass/runbooks'
import { namedQueries } from '../../cli/src/queries/named-queries.ts'
import { costSql, taskSql, timelineSql, toolsSql, totalsSql } from '../../cli/src/task/task-queries.ts'

export interface ShippedQuery {
  readonly name: string
  readonly sql: string
  readonly params: Readonly<Record<string, string>>
  /** Answers for a fleet: reads rollups only, so it costs the same at any raw volume. */
  readonly overview: boolean
}

/** What the queries ask about: names that the loaded history has. */
export interface Subject {
  readonly tenant: string
  readonly team: string
  readonly task: string
  readonly sandbox: string
  readonly prompt: string
  readonly path: string
  /** First moment of the task, as ClickHouse prints it. */
  readonly from: string
  /** Unix time in ms at which the history ends. */
  readonly nowMs: number
}

const DAY_MS = 86_400_000
const INTERVAL_MS = 60_000
const rangeUnitsMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: DAY_MS }

export function shippedQueries(subject: Subject): readonly ShippedQuery[] {
  return [
    ...fromDashboards(subject),
    ...fromAlerts(subject),
    ...fromRunbooks(subject),
    ...fromCommandLine(subject),
  ]
}

/** Spend is the dashboard of fleets; the other one shows a single task. */
const OVERVIEW = /^spend\.json\//

function fromDashboards({ tenant, team, task, nowMs }: Subject): readonly ShippedQuery[] {
  return dashboardQueries().map(({ name, sql }) => ({
    name,
    params: {},
    overview: OVERVIEW.test(name),
    sql: interpolateQuery(sql, {
      fromMs: nowMs - rangeMs(name),
      toMs: nowMs,
      intervalMs: INTERVAL_MS,
      variables: { tenant, team, task },
    }),
  }))
}

/** The time range a dashboard opens with. */
function rangeMs(name: string): number {
  const dashboard = dashboards.find(({ file }) => name.startsWith(`${file}/`))
  const from = dashboard?.build().build().time?.from ?? 'now-24h'
  const [, count = '24', unit = 'h'] = /^now-(\d+)([mhd])$/.exec(from) ?? []
  return Number(count) * (rangeUnitsMs[unit] ?? DAY_MS)
}

const fromAlerts = ({ nowMs }: Subject): readonly ShippedQuery[] =>
  rules.map((rule) => ({
    name: `alert/${rule.name}`,
    sql: ruleQueryAt(rule, nowMs),
    params: {},
    overview: false,
  }))

function fromRunbooks(subject: Subject): readonly ShippedQuery[] {
  const values: Readonly<Record<string, string>> = { ...textsOf(subject) }
  return listRunbooks().flatMap((name) => {
    const runbook = loadRunbook(name)
    return runbook.queries.map((query) => {
      const known = new Set(runbook.queries.flatMap(({ parameters }) => parameters.map((p) => p.name)))
      const given = Object.fromEntries(
        [...known].flatMap((parameter) =>
          values[parameter] === undefined ? [] : [[parameter, values[parameter]]],
        ),
      )
      const missing = query.parameters.filter(
        (p) => p.defaultValue === undefined && given[p.name] === undefined,
      )
      const filled = { ...given, ...Object.fromEntries(missing.map((p) => [p.name, 'none'])) }
      return {
        name: `runbook/${name}/${query.name}`,
        sql: query.sql,
        params: bindParameters(runbook, query, filled),
        overview: false,
      }
    })
  })
}

function fromCommandLine(subject: Subject): readonly ShippedQuery[] {
  const values = textsOf(subject)
  const ofTask = Object.entries({ taskSql, toolsSql, timelineSql, costSql, totalsSql })
  return [
    ...namedQueries.map(({ name, sql, params }) => ({
      name: `query/${name}`,
      sql,
      params: Object.fromEntries(params.map((param) => [param, values[param] ?? 'none'])),
      overview: false,
    })),
    ...ofTask.map(([name, sql]) => ({ name: `task/${name}`, sql, params: values, overview: false })),
  ]
}

function textsOf({ tenant, team, task, sandbox, prompt, path, from }: Subject): Record<string, string> {
  return { tenant, team, task, sandbox, prompt, path, from, budget: `${team}-daily`, days: '7', hours: '24' }
}
