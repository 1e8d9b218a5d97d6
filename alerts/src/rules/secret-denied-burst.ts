import type { Attributes, StoredEvent } from '@sandglass/dashboards/testing'
import { defineRule } from '../rule.ts'
import { tunables } from '../tunables.ts'
import { times, untrustedLabels, untrustedTask } from './subjects.ts'

const { denials, windowS } = tunables.secretDeniedBurst

export const secretDeniedBurst = defineRule({
  name: 'SecretDeniedBurst',
  severity: 'page',
  summary:
    'A task of team {{ $labels.team }} was denied secrets {{ printf "%.0f" $values.A.Value }} times within minutes',
  description: `One task was denied ${denials} accesses to secrets or more within ${windowS / 60} minutes: something in its sandbox looks for credentials that it was not given.`,
  atlas: ['T0055'],
  owasp: ['ASI03'],
  labels: ['tenant', 'team', 'sandbox', 'task'],
  sql: `
    SELECT tenant_id AS tenant, any(team_id) AS team, sandbox_id AS sandbox, task_id AS task, count() AS value
    FROM secret_accesses
    WHERE $__timeFilter_ms(time) AND kind = 'accessed' AND outcome = 'denied'
    GROUP BY tenant_id, sandbox_id, task_id
  `,
  timing: { everyS: 60, lookbackS: windowS, forS: 0, keepFiringForS: 900 },
  fireAt: denials,
  resolveBelow: 1,
  fixtures: {
    mustFire: [
      {
        title: 'one task asks for as many secrets as a burst needs',
        events: times(denials, (i) => denied(30 + i * 20)),
        alerts: [untrustedLabels],
      },
    ],
    mustNotFire: [
      { title: 'one denial fewer', events: times(denials - 1, (i) => denied(30 + i * 20)) },
      {
        title: 'as many denials, spread over two tasks',
        events: times(denials, (i) => denied(30 + i * 20, { taskId: `task-${i % 2}` })),
      },
      {
        title: 'as many accesses, all allowed',
        events: times(denials, (i) => denied(30 + i * 20, { secretOutcome: 'allowed' })),
      },
      {
        title: 'as many denials, before the window',
        events: times(denials, (i) => denied(windowS + 60 + i)),
      },
    ],
  },
})

function denied(ageS: number, changed: Attributes = {}): StoredEvent {
  return {
    ageS,
    event: 'secretAccessed',
    attributes: {
      ...untrustedTask,
      commandLine: 'printenv AWS_SECRET_ACCESS_KEY',
      secretName: 'AWS_SECRET_ACCESS_KEY',
      secretOutcome: 'denied',
      secretChannel: 'env',
      secretDetection: 'command_text',
      secretRule: 'deny-cloud-keys',
      ...changed,
    },
  }
}
