import type { Attributes, StoredEvent } from '@sandglass/dashboards/testing'
import { defineRule } from '../rule.ts'
import { tunables } from '../tunables.ts'

const { ratio, resolveBelowRatio, windowS } = tunables.spendOverBudget

export const spendOverBudget = defineRule({
  name: 'SpendOverBudget',
  severity: 'page',
  summary:
    'Budget {{ $labels.budget }} of {{ $labels.scope }} is spent: {{ humanizePercentage $values.A.Value }}',
  description:
    'The last decision about an enforced budget found its limit reached in the window that still runs, and no override had lifted it.',
  atlas: ['T0034'],
  owasp: ['ASI08'],
  labels: ['tenant', 'budget', 'scope', 'window'],
  sql: `
    SELECT
      tenant_id AS tenant,
      budget_id AS budget,
      scope,
      budget_window AS window,
      argMax(if(verdict = 'ok' OR spend_limit = 0, 0, spend / spend_limit), time) AS value
    FROM budget_decisions
    WHERE $__timeFilter_ms(time) AND mode != 'shadow'
    GROUP BY tenant_id, budget_id, scope, budget_window
    HAVING startsWith(budget_window, 'rolling') OR ifNull(argMax(window_end, time) > $__toTime_ms, true)
  `,
  timing: { everyS: 60, lookbackS: windowS, forS: 0, keepFiringForS: 0 },
  fireAt: ratio,
  resolveBelow: resolveBelowRatio,
  fixtures: {
    mustFire: [
      {
        title: 'the last decision found more spent than the limit',
        events: [decided(600, { budgetSpend: '4', verdict: 'ok' }), decided(60, { budgetSpend: '5.01' })],
        alerts: [{ budget: 'payments-daily', scope: 'team=payments', window: 'calendar:day' }],
      },
      {
        title: 'a rolling window was over its limit at the last decision, which is its end too',
        events: [decided(600, { budgetWindow: 'rolling:1h', budgetWindowEnd: { inS: -600 } })],
        alerts: [{ budget: 'payments-daily', scope: 'team=payments', window: 'rolling:1h' }],
      },
    ],
    mustNotFire: [
      { title: 'almost everything is spent', events: [decided(60, { budgetSpend: '4.99' })] },
      { title: 'a budget in shadow mode', events: [decided(60, { budgetMode: 'shadow' })] },
      { title: 'the window has ended since', events: [decided(60, { budgetWindowEnd: { inS: -30 } })] },
      {
        title: 'an override lifted the verdict',
        events: [decided(600), decided(60, { verdict: 'ok', verdictReason: 'override_active' })],
      },
      {
        title: 'the limit was raised since',
        events: [decided(600), decided(60, { budgetLimit: '10', verdict: 'ok' })],
      },
    ],
  },
})

function decided(ageS: number, changed: Attributes = {}): StoredEvent {
  return {
    ageS,
    event: 'budgetDecided',
    attributes: {
      budgetId: 'payments-daily',
      budgetVersion: 'v1',
      budgetMetric: 'cost',
      budgetMode: 'enforce',
      budgetScope: 'team=payments',
      budgetWindow: 'calendar:day',
      budgetWindowEnd: { inS: 3600 },
      budgetSpend: '6',
      budgetLimit: '5',
      verdict: 'suspend',
      verdictBefore: 'warn',
      verdictReason: 'spend_over_limit',
      decisionId: `decision-${ageS}`,
      decisionInputs: '{}',
      decisionPrevHash: '',
      decisionHash: `hash-${ageS}`,
      enforcerId: 'enforcer-0',
      ...changed,
    },
  }
}
