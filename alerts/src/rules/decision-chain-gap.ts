import type { StoredEvent } from '@sandglass/dashboards/testing'
import { defineRule } from '../rule.ts'
import { tunables } from '../tunables.ts'

const { windowS, settleS, lookbackS } = tunables.decisionChainGap

export const decisionChainGap = defineRule({
  name: 'DecisionChainGap',
  severity: 'page',
  summary: 'The decision record of {{ $labels.enforcer }} has a {{ $labels.fault }}',
  description:
    'Each decision of an enforcer carries the hash of the one before. One that names a predecessor nobody recorded is a gap: decisions were lost or removed. Two that name the same one are a fork: two processes ran under one name, or the record was rewritten.',
  atlas: ['T0081'],
  owasp: ['ASI09'],
  labels: ['tenant', 'enforcer', 'fault'],
  sql: `
    SELECT tenant_id AS tenant, enforcer_id AS enforcer, fault, count() AS value
    FROM (
      SELECT tenant_id, enforcer_id, prev_hash, if(uniqExact(hash) > 1, 'fork', 'gap') AS fault, uniqExact(hash) AS followers
      FROM budget_decisions
      WHERE time >= $__toTime_ms - INTERVAL ${windowS} SECOND AND time <= $__toTime_ms - INTERVAL ${settleS} SECOND
        AND prev_hash != ''
      GROUP BY tenant_id, enforcer_id, prev_hash
      HAVING followers > 1 OR (tenant_id, enforcer_id, prev_hash) NOT IN (
        SELECT tenant_id, enforcer_id, hash FROM budget_decisions WHERE $__timeFilter_ms(time)
      )
    )
    GROUP BY tenant_id, enforcer_id, fault
  `,
  timing: { everyS: 300, lookbackS, forS: 0, keepFiringForS: 0 },
  fireAt: 1,
  resolveBelow: 1,
  fixtures: {
    mustFire: [
      {
        title: 'a decision follows one that is not on record',
        events: [decided(900, 'a', ''), decided(600, 'c', 'b')],
        alerts: [{ enforcer: 'enforcer-0', fault: 'gap' }],
      },
      {
        title: 'two decisions follow the same one',
        events: [decided(900, 'a', ''), decided(600, 'b', 'a'), decided(300, 'c', 'a')],
        alerts: [{ enforcer: 'enforcer-0', fault: 'fork' }],
      },
    ],
    mustNotFire: [
      {
        title: 'an unbroken chain',
        events: [decided(900, 'a', ''), decided(600, 'b', 'a'), decided(300, 'c', 'b')],
      },
      { title: 'the predecessor may still be on its way', events: [decided(settleS - 60, 'c', 'b')] },
      {
        title: 'the same decision came twice',
        events: [decided(900, 'a', ''), decided(600, 'b', 'a'), decided(600, 'b', 'a')],
      },
      {
        title: 'the chain goes on from before the window',
        events: [decided(windowS + 60, 'a', ''), decided(600, 'b', 'a')],
      },
    ],
  },
})

function decided(ageS: number, decisionHash: string, decisionPrevHash: string): StoredEvent {
  return {
    ageS,
    event: 'budgetDecided',
    attributes: {
      budgetId: 'payments-daily',
      budgetVersion: 'v1',
      budgetScope: 'team=payments',
      budgetWindow: 'calendar:day',
      budgetSpend: '1',
      budgetLimit: '5',
      verdict: 'ok',
      verdictBefore: 'ok',
      verdictReason: 'under_limit',
      decisionId: `decision-${decisionHash}`,
      decisionInputs: '{}',
      decisionPrevHash,
      decisionHash,
      enforcerId: 'enforcer-0',
    },
  }
}
