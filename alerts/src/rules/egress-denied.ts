import type { Attributes, StoredEvent } from '@sandglass/dashboards/testing'
import { defineRule } from '../rule.ts'
import { tunables } from '../tunables.ts'
import { times, untrustedLabels, untrustedTask } from './subjects.ts'

const { requests, windowS } = tunables.egressDenied

export const egressDenied = defineRule({
  name: 'EgressDenied',
  severity: 'page',
  summary:
    'A task of team {{ $labels.team }} was refused {{ printf "%.0f" $values.A.Value }} outbound requests within minutes',
  description: `One task made ${requests} outbound requests or more within ${windowS / 60} minutes to hosts that policy denies: data may be on its way out, or instructions on their way in.`,
  atlas: ['T0086', 'T0025'],
  owasp: ['ASI01', 'ASI02'],
  labels: ['tenant', 'team', 'sandbox', 'task'],
  sql: `
    SELECT tenant_id AS tenant, any(team_id) AS team, sandbox_id AS sandbox, task_id AS task, count() AS value
    FROM egress_requests
    WHERE $__timeFilter_ms(time) AND outcome = 'denied'
    GROUP BY tenant_id, sandbox_id, task_id
  `,
  timing: { everyS: 60, lookbackS: windowS, forS: 0, keepFiringForS: 900 },
  fireAt: requests,
  resolveBelow: 1,
  fixtures: {
    mustFire: [
      {
        title: 'one task knocks at denied hosts again and again',
        events: times(requests, (i) => requested(i * 30, { serverAddress: `drop${i}.example` })),
        alerts: [untrustedLabels],
      },
    ],
    mustNotFire: [
      { title: 'one denied request fewer', events: times(requests - 1, (i) => requested(i * 30)) },
      {
        title: 'as many requests, allowed',
        events: times(requests, (i) => requested(i * 30, { egressOutcome: 'allowed' })),
      },
      { title: 'as many, before the window', events: times(requests, (i) => requested(windowS + 60 + i)) },
    ],
  },
})

function requested(ageS: number, changed: Attributes = {}): StoredEvent {
  return {
    ageS,
    event: 'egressRequested',
    attributes: {
      ...untrustedTask,
      serverAddress: 'drop.example',
      serverPort: 443,
      requestMethod: 'POST',
      requestSize: 40_960,
      egressOutcome: 'denied',
      egressRule: 'deny-all',
      ...changed,
    },
  }
}
