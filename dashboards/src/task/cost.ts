/** What the task cost, and where its time went. */
import type { Section } from '../layout.ts'
import { stackedBars, tablePanel } from '../panels/panels.ts'
import { ofTask, withinTask } from './scope.ts'

const bySku = `
  SELECT sku, sum(quantity) AS quantity, unit, sum(cost_usd) AS cost_usd,
    toFloat64(cost_usd) / nullIf((SELECT toFloat64(sum(cost_usd)) FROM spend_by_task WHERE ${ofTask}), 0) AS share
  FROM spend_by_task
  WHERE ${ofTask}
  GROUP BY sku, unit
  ORDER BY cost_usd DESC
`

// Charges are sorted by sandbox: the task's sandbox first, so that the read is that sandbox's time and no more.
const overTime = `
  WITH (SELECT max(sandbox_id) FROM task_states WHERE ${ofTask}) AS sandbox
  SELECT $__timeInterval_ms(charge_period_start) AS time, sku, toFloat64(sum(cost_usd)) AS cost_usd
  FROM charges
  WHERE ${ofTask} AND sandbox_id = sandbox AND ${withinTask('charge_period_start')}
  GROUP BY time, sku
  ORDER BY time, sku
`

const timeSplit = `
  WITH (SELECT max(sandbox_id) FROM task_states WHERE ${ofTask}) AS sandbox
  SELECT
    part.1 AS spent_on,
    round(part.2, 1) AS duration_s,
    part.2 / nullIf(arraySum(x -> x.2, parts), 0) AS share
  FROM (
    SELECT
      [
        ('command', toFloat64(sum(command_s))), ('model wait', toFloat64(sum(model_wait_s))),
        ('human wait', toFloat64(sum(human_wait_s))), ('terminal', toFloat64(sum(terminal_s))),
        ('background', toFloat64(sum(background_s))), ('idle', toFloat64(sum(idle_s))),
        ('unknown', toFloat64(sum(unknown_s)))
      ] AS parts
    FROM usage_intervals
    WHERE tenant_id = \${tenant:singlequote} AND sandbox_id = sandbox AND ${withinTask('interval_start')}
      AND (task_id = \${task:singlequote} OR has(task_ids, \${task:singlequote}))
  )
  ARRAY JOIN parts AS part
  WHERE part.2 > 0
  ORDER BY duration_s DESC
`

export const cost = (): Section => ({
  title: 'Cost',
  lines: [
    {
      height: 9,
      panels: [
        [
          8,
          tablePanel(
            {
              title: 'By SKU',
              description:
                'Charges of the task, corrections included. Provisioned time is shared equally among the tasks that ran in the sandbox.',
            },
            bySku,
          ),
        ],
        [
          10,
          stackedBars(
            {
              title: 'Over time',
              description:
                'Charges of the task in its own sandbox by their period. Choose the time of the task above.',
            },
            { unit: 'currencyUSD', series: 'sku' },
            overTime,
          ),
        ],
        [
          6,
          tablePanel(
            {
              title: 'Where the time went',
              description: 'Seconds of the metered intervals in which the task ran, split without overlap.',
            },
            timeSplit,
          ),
        ],
      ],
    },
  ],
})
