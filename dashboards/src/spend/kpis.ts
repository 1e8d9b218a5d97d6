/** What a result costs: the four figures to steer by, and what is paid for nothing. Definitions are in the descriptions. */
import type { Section } from '../layout.ts'
import { lines, statPanel, tablePanel } from '../panels/panels.ts'
import { ofTenant } from '../variables.ts'
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

const changeKey = 'repository_url, change_id'

// As kpi_merged_change_cost defines it, by time first: the view folds every change there ever was before it knows the day of one.
const perMergedChange = `
  SELECT toFloat64(sum(cost_usd)) / nullIf((
    SELECT uniqExact(${changeKey})
    FROM changes
    WHERE ${tenantAndTeams} AND kind = 'merged' AND toDate(time) >= toDate($__fromTime_ms) AND toDate(time) <= toDate($__toTime_ms)
      AND (${changeKey}) NOT IN (SELECT ${changeKey} FROM changes WHERE ${ofTenant()} AND kind = 'reverted')
  ), 0) AS cost_usd
  FROM spend_by_day
  WHERE ${dayRows}
`

const changesMax = 100

// As change_costs defines it, but of the newest changes alone: these are found by their time, then their tasks, then what those cost.
const changes = `
  WITH
    newest AS (
      SELECT ${changeKey}
      FROM changes AS n
      WHERE ${tenantAndTeams} AND kind = 'merged' AND $__timeFilter_ms(time)
      GROUP BY ${changeKey}
      ORDER BY min(n.time) DESC
      LIMIT ${changesMax}
    ),
    facts AS (
      SELECT
        ${changeKey},
        max(h.team_id) AS team,
        minIf(toNullable(h.time), h.kind = 'merged') AS merged_at,
        maxIf(toNullable(h.time), h.kind = 'reverted') AS reverted_at,
        argMaxIf(h.task_ids, h.time, notEmpty(h.task_ids)) AS ids,
        argMaxIf(h.task_shares, h.time, notEmpty(h.task_ids)) AS shares
      FROM changes AS h
      WHERE ${ofTenant()} AND (${changeKey}) IN (SELECT ${changeKey} FROM newest)
      GROUP BY ${changeKey}
    ),
    costs AS (
      SELECT task_id, sum(s.cost_usd) AS cost_usd
      FROM spend_by_task AS s
      WHERE ${ofTenant()} AND task_id IN (SELECT arrayJoin(ids) FROM facts)
      GROUP BY task_id
    )
  SELECT
    l.merged_at AS merged_at, l.team AS team, l.repository_url AS repository, l.change_id AS change, count() AS tasks,
    sum(toFloat64(c.cost_usd) * l.pair.2) AS cost_usd, l.reverted_at IS NULL AS survives, l.reverted_at AS reverted_at
  FROM (
    SELECT ${changeKey}, team, merged_at, reverted_at, pair
    FROM facts
    ARRAY JOIN arrayMap((id, n) -> (id, if(length(shares) = length(ids), shares[n], 1 / length(ids))), ids, arrayEnumerate(ids)) AS pair
  ) AS l
  LEFT JOIN costs AS c ON c.task_id = l.pair.1
  GROUP BY merged_at, team, repository, change, reverted_at
  ORDER BY merged_at DESC
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
