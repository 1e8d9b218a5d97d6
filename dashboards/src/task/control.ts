/** What the task was allowed and denied, by whom, and what the enforcer did to it. */
import type { Section } from '../layout.ts'
import { tablePanel } from '../panels/panels.ts'
import { ofTask, taskRows, withinTask } from './scope.ts'

const rowsMax = 1000

const security = `
  SELECT time, what, outcome, subject, rule, actor, approver, ticket, reason, expires_at, prompt, command
  FROM (
    SELECT
      time, audit_sequence, concat('secret ', kind) AS what, outcome, secret_name AS subject, rule, actor_id AS actor,
      '' AS approver, ticket, reason, expires_at, prompt_id AS prompt, command_line AS command
    FROM secret_accesses
    WHERE ${taskRows}
    UNION ALL
    SELECT
      time, audit_sequence, concat('policy ', kind),
      multiIf(kind = 'promotion', promotion_decision, verdict = 'deny' AND action = 'allowed', 'denied, not blocked', verdict = 'deny', 'denied', verdict),
      if(kind = 'evaluated', concat(subject_kind, ' ', subject), override_scope), rule, actor_id, approver_id, ticket, reason,
      expires_at, prompt_id, command_line
    FROM policy_events
    WHERE ${taskRows}
    UNION ALL
    SELECT
      time, audit_sequence, concat('egress ', method), outcome, concat(host, ':', toString(port)), rule, actor_id, '', '', '',
      NULL, prompt_id, ''
    FROM egress_requests
    WHERE ${taskRows}
    UNION ALL
    SELECT
      time, audit_sequence, concat('debug ', kind), '', grant_id, '', actor_id, '', ticket, reason, NULL, prompt_id, ''
    FROM debug_events
    WHERE ${taskRows}
  )
  ORDER BY time, audit_sequence
  LIMIT ${rowsMax}
`

// What is done to a sandbox names the sandbox, not the task that ran in it.
const life = `
  WITH (SELECT max(sandbox_id) FROM task_states WHERE ${ofTask}) AS sandbox
  SELECT time, what, state, cause, detail, ticket, decision
  FROM (
    SELECT
      time, audit_sequence, 'sandbox' AS what, state, cause,
      concat('generation ', toString(generation), if(exit_code IS NULL, '', concat(', exit code ', toString(exit_code)))) AS detail,
      ticket, decision_id AS decision
    FROM lifecycle_events
    WHERE tenant_id = \${tenant:singlequote} AND sandbox_id = sandbox AND ${withinTask()}
    UNION ALL
    SELECT
      time, audit_sequence, concat('snapshot ', kind), outcome, resume_stage,
      concat(snapshot_id, ', ', toString(round(duration_s, 1)), ' s, ', formatReadableSize(size_bytes)), '', ''
    FROM snapshots
    WHERE tenant_id = \${tenant:singlequote} AND sandbox_id = sandbox AND ${withinTask()}
    UNION ALL
    SELECT
      time, audit_sequence, concat('enforcer ', action), result, verdict_reason,
      concat(verdict_before, ' → ', verdict, ' by budget ', budget_id, if(error_message = '', '', concat(': ', error_message))),
      ticket, decision_id
    FROM budget_actions
    WHERE tenant_id = \${tenant:singlequote} AND ${withinTask()}
      AND (task_id = \${task:singlequote} OR sandbox_id = sandbox
        OR target IN (concat('sandbox:', sandbox), concat('task:', \${task:singlequote})))
    UNION ALL
    SELECT
      time, audit_sequence, concat('gate ', operation), outcome, reason,
      if(retry_after_s = 0, '', concat('ask again after ', toString(retry_after_s), ' s')), '', decision_id
    FROM admissions
    WHERE tenant_id = \${tenant:singlequote} AND ${withinTask()} AND (task_id = \${task:singlequote} OR sandbox_id = sandbox)
  )
  ORDER BY time, audit_sequence
  LIMIT ${rowsMax}
`

export const control = (): Section => ({
  title: 'What it was allowed',
  lines: [
    {
      height: 10,
      panels: [
        [
          24,
          tablePanel(
            {
              title: 'Secrets, policy, egress, terminals',
              description:
                'In order: what was asked for, what was decided by which rule, who overrode it with which ticket until when. Values of secrets are never recorded.',
            },
            security,
          ),
        ],
      ],
    },
    {
      height: 8,
      panels: [
        [
          24,
          tablePanel(
            {
              title: 'Sandbox and enforcer',
              description:
                'Starts, stops, snapshots, refusals and actions of the enforcer, with their reasons.',
            },
            life,
          ),
        ],
      ],
    },
  ],
})
