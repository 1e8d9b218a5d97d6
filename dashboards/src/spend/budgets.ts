/** Budgets and what the enforcer decided and did about them. */
import type { Section } from '../layout.ts'
import { tablePanel } from '../panels/panels.ts'
import { ofTeams, ofTenant } from '../variables.ts'
import { sandboxesThatAre } from './now.ts'

const rowsMax = 200

const budgets = `
  SELECT
    budget_id AS budget,
    scope,
    budget_window AS window,
    any(d.metric) AS metric,
    argMax(d.mode, d.time) AS mode,
    argMax(d.verdict, d.time) AS verdict,
    argMax(d.reason, d.time) AS reason,
    toFloat64(argMax(d.spend, d.time)) AS spent,
    toFloat64(argMax(d.spend_limit, d.time)) AS budget_limit,
    spent / nullIf(budget_limit, 0) AS used,
    toFloat64(argMax(d.forecast, d.time)) AS forecast,
    argMax(d.window_end, d.time) AS window_end,
    max(d.time) AS decided_at
  FROM budget_decisions AS d
  WHERE ${ofTenant()} AND time >= now() - INTERVAL 32 DAY
  GROUP BY budget, scope, window
  HAVING startsWith(window, 'rolling') OR ifNull(window_end > now(), true)
  ORDER BY used DESC
  LIMIT ${rowsMax}
`

const verdicts = `
  SELECT time, budget_id AS budget, scope, verdict_before, verdict, reason, mode, toFloat64(spend) AS spent,
    toFloat64(spend_limit) AS budget_limit, watermark, decision_id
  FROM budget_decisions
  WHERE ${ofTenant()} AND $__timeFilter_ms(time) AND verdict != verdict_before
  ORDER BY time DESC
  LIMIT ${rowsMax}
`

const actions = `
  SELECT time, budget_id AS budget, action, target, result, verdict, verdict_reason AS reason, snapshot_id AS snapshot,
    error_message AS error, decision_id
  FROM budget_actions
  WHERE ${ofTenant()} AND $__timeFilter_ms(time)
  ORDER BY time DESC
  LIMIT ${rowsMax}
`

const suspended = `
  SELECT sandbox_id AS sandbox, team_id AS team, user_id AS user, instance_type, life.cause AS cause, life.at AS suspended_at
  FROM (${sandboxesThatAre("'suspended'")})
  WHERE ${ofTeams()}
  ORDER BY suspended_at DESC
  LIMIT ${rowsMax}
`

const overrides = `
  SELECT granted_at, scope, budget_id AS budget, policy_id AS policy, actor_id AS actor, approver_id AS approver, ticket, reason,
    expires_at, active
  FROM overrides
  WHERE ${ofTenant()} AND granted_at >= $__fromTime_ms AND granted_at <= $__toTime_ms
  ORDER BY granted_at DESC
  LIMIT ${rowsMax}
`

export const budgetSection = (): Section => ({
  title: 'Budgets',
  lines: [
    {
      height: 9,
      panels: [
        [
          24,
          tablePanel(
            {
              title: 'Budgets',
              description:
                'The last decision about each budget in a window that still runs: figures as the enforcer saw them, in the unit of the metric.',
            },
            budgets,
          ),
        ],
      ],
    },
    {
      height: 9,
      panels: [
        [
          12,
          tablePanel(
            {
              title: 'Verdicts',
              description: 'Every change of a verdict in the chosen time, with the figures it was made on.',
            },
            verdicts,
          ),
        ],
        [
          12,
          tablePanel(
            {
              title: 'Actions',
              description: 'What the enforcer did about it. would: in shadow mode it did nothing.',
            },
            actions,
          ),
        ],
      ],
    },
    {
      height: 8,
      panels: [
        [
          12,
          tablePanel(
            { title: 'Suspended sandboxes', description: 'Suspended and not resumed since.' },
            suspended,
          ),
        ],
        [
          12,
          tablePanel(
            {
              title: 'Overrides',
              description: 'Who set a budget or a policy aside, why, with which ticket, until when.',
            },
            overrides,
          ),
        ],
      ],
    },
  ],
})
