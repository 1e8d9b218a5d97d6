import type { Attributes, StoredEvent } from '@sandglass/dashboards/testing'
import { defineRule } from '../rule.ts'
import { tunables } from '../tunables.ts'
import { assistedTask } from './subjects.ts'

const { ticketPattern, windowS } = tunables.overrideWithoutTicket

export const overrideWithoutTicket = defineRule({
  name: 'OverrideWithoutTicket',
  severity: 'page',
  summary: '{{ $labels.actor }} overrode a policy or budget: {{ $labels.fault }}',
  description:
    'An override names no ticket of the expected form, or was given to a task of tier C without a second person.',
  atlas: ['T0081'],
  owasp: ['ASI03', 'ASI09'],
  labels: ['tenant', 'team', 'override', 'actor', 'fault'],
  sql: `
    SELECT
      tenant_id AS tenant,
      team_id AS team,
      override_id AS override,
      actor_id AS actor,
      if(match(ticket, '${ticketPattern}'), 'no second person', 'no ticket') AS fault,
      count() AS value
    FROM policy_events
    WHERE $__timeFilter_ms(time) AND kind = 'overridden'
      AND (NOT match(ticket, '${ticketPattern}') OR (trust_tier = 'C' AND approver_id IN ('', actor_id)))
    GROUP BY tenant, team, override, actor, fault
  `,
  timing: { everyS: 60, lookbackS: windowS, forS: 0, keepFiringForS: 0 },
  fireAt: 1,
  resolveBelow: 1,
  fixtures: {
    mustFire: [
      {
        title: 'the ticket is a wave of the hand',
        events: [overridden({ ticket: 'asap' })],
        alerts: [{ team: 'payments', override: 'ovr-1', actor: 'u_22', fault: 'no ticket' }],
      },
      {
        title: 'no ticket at all',
        events: [overridden({ ticket: '' })],
        alerts: [{ team: 'payments', override: 'ovr-1', actor: 'u_22', fault: 'no ticket' }],
      },
      {
        title: 'one person overrides for tier C alone, and approves it too',
        events: [overridden({ tier: 'C', approverId: 'u_22' })],
        alerts: [{ team: 'payments', override: 'ovr-1', actor: 'u_22', fault: 'no second person' }],
      },
    ],
    mustNotFire: [
      { title: 'tier B with a ticket', events: [overridden({})] },
      {
        title: 'tier C with a ticket and a second person',
        events: [overridden({ tier: 'C', approverId: 'u_40' })],
      },
      { title: 'the override ended', events: [{ ...overridden({ ticket: '' }), event: 'overrideEnded' }] },
    ],
  },
})

function overridden(changed: Attributes): StoredEvent {
  return {
    ageS: 120,
    event: 'policyOverridden',
    attributes: {
      ...assistedTask,
      overrideId: 'ovr-1',
      overrideScope: 'task=task-assisted',
      policyId: 'default',
      actorId: 'u_22',
      actorType: 'human',
      reason: 'hotfix',
      ticket: 'OPS-4711',
      expiresAt: { inS: 1800 },
      ...changed,
    },
  }
}
