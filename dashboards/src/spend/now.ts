/** The figures of this moment: what burns, what idles, what stands still, and how fresh all of it is. */
import type { Section } from '../layout.ts'
import { statPanel } from '../panels/panels.ts'
import { ofTeams, ofTenant } from '../variables.ts'
import { watermark } from '../watermark.ts'
import { hourRows, tenantAndTeams } from './scope.ts'

const spend = `SELECT sum(cost_usd) AS cost_usd FROM spend_by_hour WHERE ${hourRows}`

// The rate of the last whole hour before the watermark, not of an hour that is still filling.
const burnRate = `
  WITH ${watermark} AS known_until
  SELECT sum(cost_usd) AS usd_per_hour
  FROM spend_by_minute
  WHERE ${tenantAndTeams} AND minute >= known_until - INTERVAL 61 MINUTE AND minute < known_until - INTERVAL 1 MINUTE
`

const idleShare = `
  SELECT toFloat64(sum(idle_s)) / nullIf(sum(wall_ms) / 1000, 0) AS share
  FROM usage_by_hour
  WHERE ${hourRows}
`

const recent = `${ofTenant()} AND week >= toMonday(now() - INTERVAL 35 DAY)`

/**
 * Sandboxes of the last five weeks whose last state is one of these; who was silent for longer is no longer listed. A sandbox in
 * such a state has a row that says so: by the state alone few are found, and only these are put together.
 */
export const sandboxesThatAre = (states: string) => `
  SELECT
    sandbox_id,
    max(owner).team_id AS team_id,
    max(owner).user_id AS user_id,
    max(lifecycle) AS life,
    max(instance).instance_type AS instance_type,
    max(last_seen_at) AS seen_at
  FROM sandbox_states
  WHERE ${recent} AND sandbox_id IN (SELECT sandbox_id FROM sandbox_states WHERE ${recent} AND lifecycle.state IN (${states}))
  GROUP BY sandbox_id
  HAVING life.state IN (${states})
`

const sandboxesIn = (states: string) => `
  SELECT count() AS sandboxes
  FROM (${sandboxesThatAre(states)})
  WHERE ${ofTeams()}
`

const budgetsOver = `
  SELECT countIf(verdict != 'ok') AS budgets
  FROM (
    SELECT argMax(d.verdict, d.time) AS verdict
    FROM budget_decisions AS d
    WHERE ${ofTenant()} AND time >= now() - INTERVAL 32 DAY AND mode != 'shadow'
    GROUP BY budget_id, scope, budget_window
    HAVING startsWith(budget_window, 'rolling') OR ifNull(argMax(d.window_end, d.time) > now(), true)
  )
`

const lag = `SELECT dateDiff('second', ${watermark}, now64(3)) AS lag_s`

export const now = (): Section => ({
  title: 'Now',
  lines: [
    {
      height: 4,
      panels: [
        [
          4,
          statPanel(
            { title: 'Spend', description: 'Estimate at list prices in the chosen time, in whole hours.' },
            'currencyUSD',
            spend,
          ),
        ],
        [
          4,
          statPanel(
            {
              title: 'Burn rate per hour',
              description: 'Spend of the last 60 minutes before the ingest watermark.',
            },
            'currencyUSD',
            burnRate,
          ),
        ],
        [
          3,
          statPanel(
            {
              title: 'Idle share',
              description:
                'Share of the time that sandboxes were up in which nothing ran. Waiting for a model or a person is not idle.',
            },
            'percentunit',
            idleShare,
          ),
        ],
        [
          3,
          statPanel(
            { title: 'Live sandboxes', description: 'Started or resumed, and not stopped since.' },
            'short',
            sandboxesIn("'starting', 'started', 'resumed'"),
          ),
        ],
        [
          3,
          statPanel(
            { title: 'Suspended', description: 'Suspended by a budget or a person, and not resumed since.' },
            'short',
            sandboxesIn("'suspended'"),
          ),
        ],
        [
          4,
          statPanel(
            {
              title: 'Budgets not ok',
              description:
                'Enforced budgets of the tenant whose last verdict is not ok, in a window that still runs.',
            },
            'short',
            budgetsOver,
          ),
        ],
        [
          3,
          statPanel(
            {
              title: 'Watermark lag',
              description: 'Sums stop where everything acknowledged is queryable: this long ago.',
            },
            's',
            lag,
          ),
        ],
      ],
    },
  ],
})
