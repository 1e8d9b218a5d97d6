/** What Grafana does with a rule, for tests and the command line: the query at one moment, and which rows fire. */
import { dedent, interpolateQuery } from '@sandglass/dashboards'
import type { AlertRule } from './rule.ts'

/** More alerts of one rule at once say nothing more. */
const alertsMax = 500

/** One row of a rule's answer. */
export interface ScoredSubject {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/**
 * The query as provisioned: one number and otherwise text in each row, at most `alertsMax` of them, and a last row
 * of value 0 that is always there. So an answer without rows means that the query is broken, not that all is well.
 */
export function ruleQuery(rule: AlertRule): string {
  const texts = rule.labels.map((label) => `toString(${label}) AS ${label}`)
  const none = rule.labels.map((label) => `'' AS ${label}`)
  return [
    `SELECT ${[...rule.labels, 'value'].join(', ')}`,
    `FROM (SELECT ${[...texts, 'toFloat64(value) AS value'].join(', ')}`,
    'FROM (',
    dedent(rule.sql),
    ')',
    `WHERE value >= ${rule.resolveBelow} ORDER BY value DESC LIMIT ${alertsMax})`,
    `UNION ALL SELECT ${[...none, 'toFloat64(0) AS value'].join(', ')}`,
  ].join('\n')
}

/** The query at a moment (Unix time in ms), ready for the engine. */
export function ruleQueryAt(rule: AlertRule, nowMs: number): string {
  const fromMs = nowMs - rule.timing.lookbackS * 1000
  return interpolateQuery(ruleQuery(rule), { fromMs, toMs: nowMs, intervalMs: rule.timing.everyS * 1000 })
}

/** The subjects over the threshold, from the rows (JSONEachRow) of the rule's query. */
export function firingSubjects(
  rule: AlertRule,
  rows: readonly Record<string, unknown>[],
): readonly ScoredSubject[] {
  return rows
    .map((row) => ({ labels: labelsOf(rule, row), value: Number(row['value']) }))
    .filter(({ value }) => value >= rule.fireAt)
}

function labelsOf(rule: AlertRule, row: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(rule.labels.map((label) => [label, String(row[label])]))
}
