import type { Attributes, StoredEvent } from '@sandglass/dashboards/testing'
import { defineRule } from '../rule.ts'
import { tunables } from '../tunables.ts'
import { assistedTask, untrustedLabels, untrustedTask } from './subjects.ts'

const { windowS } = tunables.tierCReachedProduction

const change = { repositoryUrl: 'https://code.example/acme/shop', changeId: 'shop#42', commitSha: '4b825dc6' }
const merged: StoredEvent = { ageS: 60, event: 'changeMerged', attributes: { ...change, actorId: 'u_22' } }

export const tierCReachedProduction = defineRule({
  name: 'TierCReachedProduction',
  severity: 'page',
  summary: 'Untrusted work of team {{ $labels.team }} reached production: {{ $labels.reach }}',
  description:
    'A task of tier C got a credential into its sandbox (injection at the egress gateway does not count: the sandbox never holds it), had an artifact promoted, or had its change merged.',
  atlas: ['T0012'],
  owasp: ['ASI03'],
  labels: ['tenant', 'team', 'sandbox', 'task', 'reach'],
  // A merge comes from the code host, which knows no task: the link that the task itself left says whose it was.
  sql: `
    SELECT tenant_id AS tenant, any(team_id) AS team, sandbox_id AS sandbox, task_id AS task, reach, count() AS value
    FROM (
      SELECT tenant_id, team_id, sandbox_id, task_id, 'credential' AS reach
      FROM secret_accesses
      WHERE $__timeFilter_ms(time) AND trust_tier = 'C' AND channel != 'egress'
        AND (kind = 'issued' OR (kind = 'accessed' AND outcome = 'allowed'))
      UNION ALL
      SELECT tenant_id, team_id, sandbox_id, task_id, 'promotion' AS reach
      FROM policy_events
      WHERE $__timeFilter_ms(time) AND trust_tier = 'C' AND kind = 'promotion' AND promotion_decision = 'approved'
      UNION ALL
      SELECT tenant_id, team_id, sandbox_id, task_id, 'merge' AS reach
      FROM changes
      WHERE kind = 'linked' AND trust_tier = 'C' AND (tenant_id, repository_url, change_id) IN (
        SELECT tenant_id, repository_url, change_id FROM changes WHERE $__timeFilter_ms(time) AND kind = 'merged'
      )
    )
    GROUP BY tenant_id, sandbox_id, task_id, reach
  `,
  timing: { everyS: 60, lookbackS: windowS, forS: 0, keepFiringForS: 0 },
  fireAt: 1,
  resolveBelow: 1,
  fixtures: {
    mustFire: [
      {
        title: 'an untrusted task is handed a secret',
        events: [secret({ ...untrustedTask, secretOutcome: 'allowed', secretChannel: 'env' })],
        alerts: [{ ...untrustedLabels, reach: 'credential' }],
      },
      {
        title: 'an artifact of an untrusted task is promoted',
        events: [promoted('approved')],
        alerts: [{ ...untrustedLabels, reach: 'promotion' }],
      },
      {
        title: 'a change of an untrusted task is merged days later',
        events: [linked(untrustedTask), merged],
        alerts: [{ ...untrustedLabels, reach: 'merge' }],
      },
    ],
    mustNotFire: [
      {
        title: 'an untrusted task is denied a secret',
        events: [secret({ ...untrustedTask, secretOutcome: 'denied', secretChannel: 'env' })],
      },
      {
        title: 'the egress gateway adds a credential that the sandbox never holds',
        events: [secret({ ...untrustedTask, secretOutcome: 'allowed', secretChannel: 'egress' })],
      },
      {
        title: 'a watched task is handed a secret',
        events: [secret({ ...assistedTask, secretOutcome: 'allowed', secretChannel: 'env' })],
      },
      { title: 'a promotion is rejected', events: [promoted('rejected')] },
      { title: 'a change is linked, not merged', events: [linked(untrustedTask)] },
      { title: 'a change of a watched task is merged', events: [linked(assistedTask), merged] },
    ],
  },
})

function secret(attributes: Attributes): StoredEvent {
  return {
    ageS: 60,
    event: 'secretAccessed',
    attributes: { secretName: 'DEPLOY_KEY', secretDetection: 'broker', ...attributes },
  }
}

function promoted(promotionDecision: 'approved' | 'rejected'): StoredEvent {
  return {
    ageS: 60,
    event: 'promotionDecided',
    attributes: { ...untrustedTask, promotionDecision, actorId: 'u_22', artifactSha256: '9f86d081' },
  }
}

function linked(task: typeof untrustedTask | typeof assistedTask): StoredEvent {
  return {
    ageS: 4 * 86_400,
    event: 'changeLinked',
    attributes: { ...task, ...change, changeTaskIds: [task.taskId], changeTaskShares: [1] },
  }
}
