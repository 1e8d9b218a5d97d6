import type { StoredEvent } from '@sandglass/dashboards/testing'
import { defineRule } from '../rule.ts'
import { tunables } from '../tunables.ts'

const { shortWindowS, shortBurnRate, longWindowS, longBurnRate, budgetLookbackS } = tunables.runawaySpend
const hours = (seconds: number) => seconds / 3600

export const runawaySpend = defineRule({
  name: 'RunawaySpend',
  severity: 'page',
  summary:
    'Team {{ $labels.team }} burns budget {{ $labels.budget }} {{ humanize $values.A.Value }} times faster than it lasts',
  description: `The team spends at ${shortBurnRate} times the pace of its budget over ${hours(shortWindowS)} h and at ${longBurnRate} times over ${hours(longWindowS)} h. The pace is the limit divided by the length of its window. Both must hold: the long window proves that it matters, the short one that it still goes on.`,
  atlas: ['T0034', 'T0029'],
  owasp: ['ASI08'],
  labels: ['tenant', 'team', 'budget'],
  // The value is the smaller of the two burn rates, each divided by its threshold: 1 means both are reached.
  sql: `
    WITH spend AS (
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
        budget_id,
        decodeURLComponent(substring(scope, length('team=') + 1)) AS team_id,
        toFloat64(argMax(spend_limit, time)) AS limit_usd,
        dateDiff('second', argMax(window_start, time), argMax(ifNull(window_end, time), time)) / 3600 AS window_h
      FROM budget_decisions
      WHERE $__timeFilter_ms(time) AND metric = 'cost' AND startsWith(scope, 'team=') AND position(scope, '&') = 0
      GROUP BY tenant_id, budget_id, scope
    )
    SELECT
      tenant_id AS tenant,
      team_id AS team,
      budget_id AS budget,
      least(
        short_usd / ${hours(shortWindowS)} / (limit_usd / window_h) / ${shortBurnRate},
        long_usd / ${hours(longWindowS)} / (limit_usd / window_h) / ${longBurnRate}
      ) AS value
    FROM budgets
    INNER JOIN spend USING (tenant_id, team_id)
    WHERE limit_usd > 0 AND window_h > 0
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
    ],
    mustNotFire: [
      { title: 'a short burst', events: [budget('24'), charged(300, '7')] },
      { title: 'it is over', events: [budget('24'), charged(5400, '7'), charged(9000, '14')] },
      {
        title: 'the budget is ten times as large',
        events: [budget('240'), charged(300, '7'), charged(5400, '7')],
      },
      {
        title: 'another team burns',
        events: [budget('24', 'search'), charged(300, '7'), charged(5400, '7')],
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
