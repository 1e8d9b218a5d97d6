/** What a result costs: the four figures to steer by, and what is paid for nothing. Definitions are in the descriptions. */
import type { Section } from '../layout.ts'
import { lines, statPanel, tablePanel } from '../panels/panels.ts'
import { ofTeams, ofTenant } from '../variables.ts'
import { hourRows } from './scope.ts'

const byClass = `
  SELECT
    t.class AS class,
    t.started AS started,
    t.succeeded AS succeeded,
    t.retries / nullIf(t.started, 0) AS retry_share,
    toFloat64(u.cpu_s) / nullIf(t.succeeded, 0) AS cpu_s_per_success,
    t.p50_s AS p50_s,
    t.p95_s AS p95_s
  FROM (
    SELECT task_class AS class, sum(h.started) AS started, sum(h.retries) AS retries,
      sumIf(h.finished, h.outcome = 'success') AS succeeded,
      quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(h.duration) AS quantiles, quantiles[2] AS p50_s, quantiles[3] AS p95_s
    FROM tasks_by_hour AS h
    WHERE ${hourRows}
    GROUP BY class
  ) AS t
  LEFT JOIN (
    SELECT task_class AS class, sum(h.cpu_s) AS cpu_s
    FROM usage_by_hour AS h
    WHERE ${hourRows}
    GROUP BY class
  ) AS u ON t.class = u.class
  ORDER BY started DESC
`

const p95OverTime = `
  SELECT toDateTime64(hour, 3) AS time, if(task_class = '', '(none)', task_class) AS class,
    quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(duration)[3] AS p95_s
  FROM tasks_by_hour
  WHERE ${hourRows} AND outcome != ''
  GROUP BY time, class
  ORDER BY time, class
`

const cpuPerSuccess = `
  SELECT toFloat64((SELECT sum(cpu_s) FROM usage_by_hour WHERE ${hourRows}))
    / nullIf((SELECT sumIf(finished, outcome = 'success') FROM tasks_by_hour WHERE ${hourRows}), 0) AS cpu_s
`

const resumes = `
  SELECT uniqExactIf(resume_attempt_id, outcome = 'success') / nullIf(uniqExact(resume_attempt_id), 0) AS share
  FROM snapshots
  WHERE ${ofTenant()} AND ${ofTeams()} AND $__timeFilter_ms(time) AND kind = 'restored'
`

// A change is one of the chosen time when it was merged then; its tasks may be older. A reverted change keeps its cost and
// does not count.
const perMergedChange = `
  WITH changed AS (
    SELECT
      repository_url,
      change_id,
      max(kind = 'reverted') AS was_reverted,
      argMaxIf(arrayZip(c.task_ids, arrayResize(c.task_shares, length(c.task_ids), 1)), c.time, notEmpty(c.task_ids)) AS parts
    FROM changes AS c
    WHERE ${ofTenant()} AND (repository_url, change_id) IN (
      SELECT repository_url, change_id FROM changes WHERE ${ofTenant()} AND $__timeFilter_ms(time) AND kind = 'merged'
    )
    GROUP BY repository_url, change_id
    HAVING max(if(c.team_id = '', 0, ${ofTeams('c.team_id')})) = 1
  ),
  task_cost AS (
    SELECT task_id, toFloat64(sum(s.cost_usd)) AS cost_usd
    FROM spend_by_task AS s
    WHERE ${ofTenant()} AND task_id IN (SELECT arrayJoin(parts).1 FROM changed)
    GROUP BY task_id
  )
  SELECT
    (SELECT sum(part.2 * cost_usd) FROM (SELECT arrayJoin(parts) AS part FROM changed) AS p INNER JOIN task_cost ON part.1 = task_cost.task_id)
    / nullIf((SELECT countIf(was_reverted = 0) FROM changed), 0) AS cost_usd
`

const idle = `
  SELECT toDateTime64(hour, 3) AS time, if(team_id = '', '(none)', team_id) AS team,
    toFloat64(sum(idle_s)) / nullIf(sum(wall_ms) / 1000, 0) AS share
  FROM usage_by_hour
  WHERE ${hourRows}
  GROUP BY time, team
  ORDER BY time, team
`

export const kpis = (): Section => ({
  title: 'What a result costs',
  lines: [
    {
      height: 4,
      panels: [
        [
          8,
          statPanel(
            {
              title: 'Active CPU per successful task',
              description:
                'All active CPU seconds of the chosen time, failed and idle work included, divided by the tasks that succeeded.',
            },
            's',
            cpuPerSuccess,
          ),
        ],
        [
          8,
          statPanel(
            {
              title: 'Resume success rate',
              description:
                'Attempts to resume from a snapshot that ended in a verified workspace, of all attempts.',
            },
            'percentunit',
            resumes,
          ),
        ],
        [
          8,
          statPanel(
            {
              title: 'Cost per merged change',
              description:
                'Cost of the tasks behind every change that was merged in the chosen time, by their shares, divided by the changes that were not reverted. Reverted work stays in the cost.',
            },
            'currencyUSD',
            perMergedChange,
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
              title: 'Results by task class',
              description:
                'Tasks started and succeeded, share of retries, active CPU per success (failed work included), duration of finished tasks at p50 and p95 (1 % error).',
            },
            byClass,
          ),
        ],
        [
          12,
          lines(
            {
              title: 'Task time, p95',
              description: 'Duration of tasks that finished in each hour, 95th percentile (1 % error).',
            },
            { unit: 's', series: 'class' },
            p95OverTime,
          ),
        ],
      ],
    },
    {
      height: 8,
      panels: [
        [
          24,
          lines(
            {
              title: 'Idle share over time',
              description: 'Share of the time that sandboxes were up in which nothing ran.',
            },
            { unit: 'percentunit', series: 'team' },
            idle,
          ),
        ],
      ],
    },
  ],
})
