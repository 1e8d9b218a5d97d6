import type { Attributes, StoredEvent } from '@sandglass/dashboards/testing'
import { defineRule } from '../rule.ts'
import { tunables } from '../tunables.ts'
import { assistedLabels, assistedTask, untrustedLabels, untrustedTask } from './subjects.ts'

const { windowS } = tunables.manifestRewritten

export const manifestRewritten = defineRule({
  name: 'ManifestRewritten',
  severity: 'page',
  summary:
    'A task of team {{ $labels.team }} rewrote {{ printf "%.0f" $values.A.Value }} deployment or pipeline files it must not touch',
  description:
    'A task of tier C changed a deployment manifest or pipeline definition, or a task of any tier changed one that policy had denied (as happens in observe mode, or when a command goes round the gate).',
  atlas: ['T0053', 'T0081'],
  owasp: ['ASI02', 'ASI04', 'ASI10'],
  labels: ['tenant', 'team', 'sandbox', 'task'],
  sql: `
    SELECT tenant_id AS tenant, any(team_id) AS team, sandbox_id AS sandbox, task_id AS task, uniqExact(path) AS value
    FROM file_mutations
    WHERE $__timeFilter_ms(time) AND category IN ('manifest', 'ci') AND (
      trust_tier = 'C'
      OR (tenant_id, task_id, path) IN (
        SELECT tenant_id, task_id, subject
        FROM policy_events
        WHERE $__timeFilter_ms(time) AND kind = 'evaluated' AND subject_kind = 'path' AND verdict = 'deny'
      )
    )
    GROUP BY tenant_id, sandbox_id, task_id
  `,
  timing: { everyS: 60, lookbackS: windowS, forS: 0, keepFiringForS: 0 },
  fireAt: 1,
  resolveBelow: 1,
  fixtures: {
    mustFire: [
      {
        title: 'an untrusted task rewrites a deployment manifest',
        events: [mutated(untrustedTask)],
        alerts: [untrustedLabels],
      },
      {
        title: 'a watched task changes a pipeline that policy, in observe mode, denied',
        events: [
          pathDenied('/workspace/.ci/deploy.yaml'),
          mutated(assistedTask, { fileCategory: 'ci', filePath: '/workspace/.ci/deploy.yaml' }),
        ],
        alerts: [assistedLabels],
      },
    ],
    mustNotFire: [
      { title: 'an untrusted task changes code', events: [mutated(untrustedTask, { fileCategory: 'code' })] },
      { title: 'a watched task changes a manifest', events: [mutated(assistedTask)] },
      {
        title: 'policy denied another file of that task',
        events: [pathDenied('/workspace/other.yaml'), mutated(assistedTask)],
      },
    ],
  },
})

function mutated(task: Attributes, changed: Attributes = {}): StoredEvent {
  return {
    ageS: 60,
    event: 'fileMutated',
    attributes: {
      ...task,
      filePath: '/workspace/deploy.yaml',
      fileOperation: 'modify',
      fileSource: 'exec',
      fileAttribution: 'exact',
      fileCategory: 'manifest',
      commandLine: 'sed -i s/1/3/ deploy.yaml',
      ...changed,
    },
  }
}

function pathDenied(path: string): StoredEvent {
  return {
    ageS: 61,
    event: 'policyEvaluated',
    attributes: {
      ...assistedTask,
      policyId: 'default',
      policyVersion: '7',
      policyRule: 'no-pipelines',
      policyVerdict: 'deny',
      policyAction: 'allowed',
      policySubjectKind: 'path',
      policySubject: path,
    },
  }
}
