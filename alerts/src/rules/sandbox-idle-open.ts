import type { Attributes, StoredEvent } from '@sandglass/dashboards/testing'
import { defineRule } from '../rule.ts'
import { tunables } from '../tunables.ts'
import { assistedTask, times } from './subjects.ts'

const { idleS, windowS, idleShare, goneS } = tunables.sandboxIdleOpen

export const sandboxIdleOpen = defineRule({
  name: 'SandboxIdleOpen',
  severity: 'ticket',
  summary:
    'Sandbox {{ $labels.sandbox }} of team {{ $labels.team }} is paid for and idle: {{ humanizeDuration $values.A.Value }} of the last hour',
  description: `A sandbox was up and nothing ran in it for ${idleS / 60} minutes or more of the last ${windowS / 60}, which was ${idleShare * 100} % of its time. Waiting for a model or a person does not count as idle.`,
  atlas: ['T0034.002'],
  owasp: ['ASI08'],
  labels: ['tenant', 'team', 'sandbox', 'instance_type'],
  sql: `
    SELECT
      tenant_id AS tenant,
      any(team_id) AS team,
      sandbox_id AS sandbox,
      any(u.instance_type) AS instance_type,
      toFloat64(sum(idle_s)) AS idle,
      sum(dateDiff('millisecond', interval_start, interval_end)) / 1000 AS wall,
      if(idle >= ${idleShare} * wall, idle, 0) AS value
    FROM usage_intervals AS u
    WHERE $__timeFilter_ms(time)
    GROUP BY tenant_id, sandbox_id
    HAVING max(interval_end) > $__toTime_ms - INTERVAL ${goneS} SECOND
  `,
  timing: { everyS: 300, lookbackS: windowS, forS: 0, keepFiringForS: 0 },
  fireAt: idleS,
  resolveBelow: 1,
  fixtures: {
    mustFire: [
      {
        title: 'nothing ran for the whole time that counts',
        events: times(idleS / 60, (i) => measured(60 * (i + 1), { timeIdle: 60 })),
        alerts: [{ team: 'payments', sandbox: 'sb-assisted', instance_type: 'standard-1' }],
      },
    ],
    mustNotFire: [
      {
        title: 'one idle minute fewer',
        events: times(idleS / 60 - 1, (i) => measured(60 * (i + 1), { timeIdle: 60 })),
      },
      {
        title: 'it waited for a model',
        events: times(50, (i) => measured(60 * (i + 1), { timeIdle: 0, timeModelWait: 60 })),
      },
      {
        title: 'a tenth of the time commands ran',
        events: times(50, (i) => measured(60 * (i + 1), { timeIdle: 54, timeCommand: 6 })),
      },
      {
        title: 'it is gone since',
        events: times(idleS / 60, (i) => measured(goneS + 60 * (i + 1), { timeIdle: 60 })),
      },
    ],
  },
})

/** One minute of one sandbox, `ageS` seconds ago. */
function measured(ageS: number, seconds: Attributes): StoredEvent {
  return {
    ageS: ageS - 60,
    event: 'usageMeasured',
    attributes: {
      teamId: assistedTask.teamId,
      sandboxId: assistedTask.sandboxId,
      instanceType: 'standard-1',
      sandboxGeneration: 1,
      usageSequence: 1000 - ageS / 60,
      usageStart: { inS: -ageS },
      usageEnd: { inS: 60 - ageS },
      usageQuality: 'measured',
      cpuTime: 0.1,
      ...seconds,
    },
  }
}
