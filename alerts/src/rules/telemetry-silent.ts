import type { Attributes, StoredEvent } from '@sandglass/dashboards/testing'
import { defineRule } from '../rule.ts'
import { tunables } from '../tunables.ts'
import { assistedTask } from './subjects.ts'

const { silentS, windowS } = tunables.telemetrySilent

const sandbox: Attributes = {
  teamId: assistedTask.teamId,
  sandboxId: assistedTask.sandboxId,
  sandboxGeneration: 1,
}

export const telemetrySilent = defineRule({
  name: 'TelemetrySilent',
  severity: 'ticket',
  summary:
    'Sandbox {{ $labels.sandbox }} is up and has said nothing for {{ humanizeDuration $values.A.Value }}',
  description: `A sandbox that was started and not stopped has sent no event for ${silentS / 60} minutes, not even its meter's. What runs in it is neither seen nor counted.`,
  atlas: [],
  owasp: ['ASI10'],
  labels: ['tenant', 'team', 'sandbox'],
  // Events that others send about a sandbox (the enforcer's) do not count. The weeks that cover the window are read; a sandbox that
  // is up has a row that says so, and only such sandboxes are put together.
  sql: `
    SELECT
      tenant_id AS tenant,
      max(owner).team_id AS team,
      sandbox_id AS sandbox,
      greatest(max(last_active_at), max(last_usage_at)) AS last_sign,
      dateDiff('second', last_sign, $__toTime_ms) AS value
    FROM sandbox_states
    WHERE week >= toMonday($__fromTime_ms) AND (tenant_id, sandbox_id) IN (
      SELECT tenant_id, sandbox_id FROM sandbox_states
      WHERE week >= toMonday($__fromTime_ms) AND lifecycle.state IN ('started', 'resumed')
    )
    GROUP BY tenant_id, sandbox_id
    HAVING max(lifecycle).state IN ('started', 'resumed') AND $__timeFilter_ms(last_sign)
  `,
  timing: { everyS: 60, lookbackS: windowS, forS: 120, keepFiringForS: 0 },
  fireAt: silentS,
  resolveBelow: silentS / 2,
  fixtures: {
    mustFire: [
      {
        title: 'a started sandbox falls silent',
        events: [lifecycle(silentS + 60, 'started')],
        alerts: [{ team: 'payments', sandbox: 'sb-assisted' }],
      },
      {
        title: 'only the enforcer still speaks of it',
        events: [lifecycle(silentS + 60, 'resumed'), enforced(10)],
        alerts: [{ team: 'payments', sandbox: 'sb-assisted' }],
      },
    ],
    mustNotFire: [
      { title: 'its meter reports', events: [lifecycle(silentS + 60, 'started'), metered(20)] },
      {
        title: 'it was stopped',
        events: [lifecycle(silentS + 90, 'started'), lifecycle(silentS + 60, 'stopped')],
      },
      {
        title: 'it was suspended',
        events: [lifecycle(silentS + 90, 'started'), lifecycle(silentS + 60, 'suspended')],
      },
      {
        title: 'it has been silent for longer than anybody asks',
        events: [lifecycle(windowS + 60, 'started')],
      },
    ],
  },
})

function lifecycle(
  ageS: number,
  lifecycleState: 'started' | 'resumed' | 'stopped' | 'suspended',
): StoredEvent {
  return { ageS, event: 'lifecycleChanged', attributes: { ...sandbox, lifecycleState } }
}

function metered(ageS: number): StoredEvent {
  return {
    ageS,
    event: 'usageMeasured',
    attributes: {
      ...sandbox,
      usageSequence: 1,
      usageStart: { inS: -ageS - 15 },
      usageEnd: { inS: -ageS },
      usageQuality: 'measured',
      cpuTime: 1,
    },
  }
}

function enforced(ageS: number): StoredEvent {
  return {
    ageS,
    event: 'enforcementActed',
    attributes: {
      ...sandbox,
      budgetId: 'payments-daily',
      enforcementAction: 'set_verdict',
      enforcementTarget: 'sandbox:sb-assisted',
      enforcementResult: 'applied',
      enforcementKey: 'key-1',
      decisionId: 'decision-1',
    },
  }
}
