import type { StoredEvent } from '@sandglass/dashboards/testing'
import { defineRule } from '../rule.ts'
import { tunables } from '../tunables.ts'

const {
  shortWindowS,
  shortBurnRate,
  longWindowS,
  longBurnRate,
  budgetLookbackS,
  baselineS,
  paceUsdPerHourMin,
} = tunables.runawaySpend
const hours = (seconds: number) => seconds / 3600

export const runawaySpend = defineRule({
  name: 'RunawaySpend',
  severity: 'page',
  summary:
    'Team {{ $labels.team }} burns money {{ humanize $values.A.Value }} times faster than the alarm allows{{ if $labels.budget }}, out of budget {{ $labels.budget }}{{ end }}',
  description: `The team spends at ${shortBurnRate} times the pace of its budget over ${hours(shortWindowS)} h and at ${longBurnRate} times over ${hours(longWindowS)} h. The pace is the limit divided by the length of its window; for a team whose budget nothing was decided about yet it is the average of the last ${baselineS / 86_400} days, at least ${paceUsdPerHourMin} USD/h. Both must hold: the long window proves that it matters, the short one that it still goes on.`,
  atlas: ['T0034', 'T0029'],
  owasp: ['ASI08'],
  labels: ['tenant', 'team', 'budget'],
  // The value is the smaller of the two burn rates, each divided by its threshold: 1 means both are reached.
  sql: `
    WITH
      spend AS (
        SELECT
          tenant_id,
          team_id,
          toFloat64(sumIf(cost_usd, minute >= $__toTime_ms - INTERVAL ${shortWindowS} SECOND)) AS short_usd,
          toFloat64(sum(cost_usd)) AS long_usd
        FROM spend_by_minute
        WHERE minute >= $__toTime_ms - INTERVAL ${longWindowS} SECOND AND minute <= $__toTime_ms
        GROUP BY tenant_id, team_id
      ),
      budgets AS (
        SELECT
          tenant_id,
          decodeURLComponent(substring(scope, length('team=') + 1)) AS team_id,
          budget_id,
          dateDiff('second', argMax(window_start, time), argMax(ifNull(window_end, time), time)) / 3600 AS window_h,
          toFloat64(argMax(spend_limit, time)) / nullIf(window_h, 0) AS usd_per_hour
        FROM budget_decisions
        WHERE $__timeFilter_ms(time) AND metric = 'cost' AND startsWith(scope, 'team=') AND position(scope, '&') = 0
        GROUP BY tenant_id, scope, budget_id
      ),
      habits AS (
        SELECT tenant_id, team_id, '' AS budget_id,
          greatest(toFloat64(sum(cost_usd)) / ${hours(baselineS)}, ${paceUsdPerHourMin}) AS usd_per_hour
        FROM spend_by_hour
        WHERE hour >= $__toTime_ms - INTERVAL ${baselineS} SECOND AND hour <= $__toTime_ms
          AND (tenant_id, team_id) NOT IN (SELECT tenant_id, team_id FROM budgets)
        GROUP BY tenant_id, team_id
      )
    SELECT
      tenant_id AS tenant,
      team_id AS team,
      budget_id AS budget,
      least(
        short_usd / ${hours(shortWindowS)} / usd_per_hour / ${shortBurnRate},
        long_usd / ${hours(longWindowS)} / usd_per_hour / ${longBurnRate}
      ) AS value
    FROM (
      SELECT tenant_id, team_id, budget_id, usd_per_hour FROM budgets
      UNION ALL
      SELECT tenant_id, team_id, budget_id, usd_per_hour FROM habits
    ) AS paces
    INNER JOIN spend USING (tenant_id, team_id)
    WHERE usd_per_hour > 0
  `,
  timing: { everyS: 60, lookbackS: budgetLookbackS, forS: 120, keepFiringForS: 600 },
  fireAt: 1,
  resolveBelow: 0.9,
  fixtures: {
    mustFire: [
      {
        title: 'a tenth of a 24 h budget each hour, twice over, for two hours',
        // The pace of 24 USD a day is 1 USD/h: 7 USD/h for two hours is 7 over 1 h and 14 / 6 over 6 h.
        events: [budget('24'), charged(300, '7'), charged(5400, '7')],
        alerts: [{ team: 'payments', budget: 'payments-daily' }],
      },
      {
        title:
          'a team without a budget spends many times the least pace that counts, beside one that has a budget',
        events: [budget('24', 'search'), charged(300, '7'), charged(5400, '7')],
        alerts: [{ team: 'payments', budget: '' }],
      },
    ],
    mustNotFire: [
      { title: 'a short burst', events: [budget('24'), charged(300, '7')] },
      { title: 'it is over', events: [budget('24'), charged(5400, '7'), charged(9000, '14')] },
      {
        title: 'the budget is ten times as large',
        events: [budget('240'), charged(300, '7'), charged(5400, '7')],
      },
      {
        title: 'a team without a budget spends what it usually spends',
        events: [charged(3 * 86_400, '900'), charged(300, '7'), charged(5400, '7')],
      },
    ],
  },
})

function budget(limit: string, team = 'payments'): StoredEvent {
  return {
    ageS: 3600,
    event: 'budgetDecided',
    attributes: {
      budgetId: `${team}-daily`,
      budgetVersion: 'v1',
      budgetMetric: 'cost',
      budgetMode: 'enforce',
      budgetScope: `team=${team}`,
      budgetWindow: 'calendar:day',
      budgetWindowStart: { inS: -43_200 },
      budgetWindowEnd: { inS: 43_200 },
      budgetSpend: '0',
      budgetLimit: limit,
      verdict: 'ok',
      verdictBefore: 'ok',
      verdictReason: 'under_limit',
      decisionId: 'decision-1',
      decisionInputs: '{}',
      decisionPrevHash: '',
      decisionHash: 'hash-1',
      enforcerId: 'enforcer-0',
    },
  }
}

function charged(ageS: number, costUsd: string): StoredEvent {
  return {
    ageS,
    event: 'usageMeasured',
    attributes: {
      teamId: 'payments',
      sandboxId: 'sb-1',
      taskId: 'task-1',
      sandboxGeneration: 1,
      usageSequence: ageS,
      usageStart: { inS: -ageS - 15 },
      usageEnd: { inS: -ageS },
      usageQuality: 'measured',
      cpuTime: 15,
    },
    charges: [{ taskId: 'task-1', sku: 'cpu', quantity: '15', unit: 'vCPU.s', costUsd }],
  }
}
