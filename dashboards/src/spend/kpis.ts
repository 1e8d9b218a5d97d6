/** What a result costs: the four figures to steer by, and what is paid for nothing. Definitions are in the descriptions. */
import type { Section } from '../layout.ts'
import { lines, statPanel, tablePanel } from '../panels/panels.ts'
import { hourRows, tenantAndTeams } from './scope.ts'

/** Duration of finished tasks in seconds: [p50, p95, p99], each within 1 %. */
const taskTimes = (sketch: string) => `quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(${sketch})`

/** Days of the chosen time, for indicators that are kept by day. */
const dayRows = `${tenantAndTeams} AND day >= toDate($__fromTime_ms) AND day <= toDate($__toTime_ms)`

// Parts are added first and divided last: a ratio of a small class weighs no more than it should.
const byClass = `
  SELECT k.class AS class, started, succeeded, retry_share, cpu_s_per_success, cost_usd_per_success, p50_s, p95_s
  FROM (
    SELECT
      task_class AS class,
      sum(d.started) AS started,
      sum(d.succeeded) AS succeeded,
      sum(d.retries) / nullIf(sum(d.started), 0) AS retry_share,
      toFloat64(sum(d.cpu_s)) / nullIf(sum(d.succeeded), 0) AS cpu_s_per_success,
      toFloat64(sum(d.cost_usd)) / nullIf(sum(d.succeeded), 0) AS cost_usd_per_success
    FROM kpi_daily AS d
    WHERE ${dayRows}
    GROUP BY class
  ) AS k
  LEFT JOIN (
    SELECT task_class AS class, ${taskTimes('h.duration')} AS quantiles, quantiles[1] AS p50_s, quantiles[2] AS p95_s
    FROM tasks_by_hour AS h
    WHERE ${hourRows}
    GROUP BY class
  ) AS t ON k.class = t.class
  WHERE started > 0
  ORDER BY started DESC, class
`

const p95OverTime = `
  SELECT toDateTime64(hour, 3) AS time, if(task_class = '', '(none)', task_class) AS class, ${taskTimes('duration')}[2] AS p95_s
  FROM tasks_by_hour
  WHERE ${hourRows} AND outcome != ''
  GROUP BY time, class
  ORDER BY time, class
`

const cpuPerSuccess = `
  SELECT toFloat64(sum(d.cpu_s)) / nullIf(sum(d.succeeded), 0) AS cpu_s FROM kpi_daily AS d WHERE ${dayRows}
`

const resumes = `
  SELECT sum(d.succeeded) / nullIf(sum(d.attempts), 0) AS share FROM kpi_resume AS d WHERE ${dayRows}
`

const perMergedChange = `
  SELECT toFloat64(sum(d.cost_usd)) / nullIf(sum(d.merged), 0) AS cost_usd FROM kpi_merged_change_cost AS d WHERE ${dayRows}
`

const changes = `
  SELECT merged_at, team_id AS team, repository_url AS repository, change_id AS change, tasks, cost_usd, survives, reverted_at
  FROM change_costs
  WHERE ${tenantAndTeams} AND merged_at >= $__fromTime_ms AND merged_at <= $__toTime_ms
  ORDER BY merged_at DESC
  LIMIT 200
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
                'Active CPU seconds of all work on the chosen days, failed work included, divided by the tasks that succeeded.',
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
                'Attempts to resume that ended in a restored workspace, of all attempts on the chosen days.',
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
                'All spend of the chosen days, divided by the changes that were merged then and still stand. Reverted work stays in the cost.',
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
          10,
          lines(
            {
              title: 'Idle share over time',
              description: 'Share of the time that sandboxes were up in which nothing ran.',
            },
            { unit: 'percentunit', series: 'team' },
            idle,
          ),
        ],
        [
          14,
          tablePanel(
            {
              title: 'Merged changes',
              description:
                'Changes that were merged in the chosen time, and what the tasks behind them cost, each by its share; failed attempts count where they were linked.',
            },
            changes,
          ),
        ],
      ],
    },
  ],
})
