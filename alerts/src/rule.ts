/** An alert rule: SQL that scores subjects, a threshold, what to tell the person who is paged, and proof that it works. */
import type { StoredEvent, StoredWatermark } from '@sandglass/dashboards/testing'

export interface AlertRule {
  /** PascalCase. The runbook has the same name, and uid and links are computed from it. */
  readonly name: string
  /** page: wake someone. ticket: look today. */
  readonly severity: 'page' | 'ticket'
  /** One line; may use {{ $labels.<label> }}. */
  readonly summary: string
  readonly description: string
  /** MITRE ATLAS techniques and OWASP Agentic 2026 risks that the rule detects. */
  readonly atlas: readonly string[]
  readonly owasp: readonly string[]
  /** Text columns of the query: one alert for each combination of their values. */
  readonly labels: readonly string[]
  /**
   * Returns the label columns and a number `value`, for subjects that are near the threshold or over it.
   * Time comes from $__fromTime_ms and $__toTime_ms alone, so that any moment can be evaluated again.
   */
  readonly sql: string
  readonly timing: AlertTiming
  /** Fires at or above `fireAt`; resolves below `resolveBelow`, which is lower where the value may flutter. */
  readonly fireAt: number
  readonly resolveBelow: number
  readonly fixtures: RuleFixtures
}

interface AlertTiming {
  readonly everyS: number
  /** Width of the query's window: wider than the ingest lag. */
  readonly lookbackS: number
  /** How long the condition must hold before the alert fires. */
  readonly forS: number
  readonly keepFiringForS: number
}

interface RuleFixtures {
  readonly mustFire: readonly FiringFixture[]
  readonly mustNotFire: readonly Fixture[]
}

/** What one tenant's collector stored before the rule is evaluated. */
export interface Fixture {
  readonly title: string
  readonly events: readonly StoredEvent[]
  readonly watermarks?: readonly StoredWatermark[]
}

interface FiringFixture extends Fixture {
  /** Labels of the alerts that must fire, apart from the tenant; one entry for each alert. */
  readonly alerts: readonly Readonly<Record<string, string>>[]
}

/** Checks what the type cannot say. Throws when the rule could not be rendered or would never resolve. */
export function defineRule(rule: AlertRule): AlertRule {
  const problems = [
    !/^([A-Z][a-z0-9]*)+$/.test(rule.name) && 'its name is not PascalCase',
    rule.labels[0] !== 'tenant' && 'its first label is not the tenant',
    rule.resolveBelow > rule.fireAt && 'it would resolve above the value at which it fires',
    rule.fixtures.mustFire.length === 0 && 'no fixture must fire',
    rule.fixtures.mustNotFire.length === 0 && 'no fixture must stay silent',
    !/\$__(toTime|timeFilter)_ms/.test(rule.sql) && 'its query does not end at the time of evaluation',
  ].filter((problem) => problem !== false)
  if (problems.length > 0) throw new Error(`alert rule ${rule.name}: ${problems.join('; ')}`)
  return rule
}
