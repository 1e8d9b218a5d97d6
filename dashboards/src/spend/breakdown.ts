/** Where the money goes: over time and by team, class, user and SKU, all from the same rollup. */
import type { Section } from '../layout.ts'
import { stackedBars, tablePanel } from '../panels/panels.ts'
import { exactHourRows, exactMinuteRows, hourRows } from './scope.ts'

const groupsMax = 50
const orNone = (column: string) => `if(${column} = '', '(none)', ${column})`

const overTime = (column: string, series: string) => `
  SELECT toDateTime64(hour, 3) AS time, ${orNone(column)} AS ${series}, toFloat64(sum(cost_usd)) AS cost_usd
  FROM spend_by_hour
  WHERE ${hourRows}
  GROUP BY time, ${series}
  ORDER BY time, ${series}
`

const by = (column: string, name: string) => `
  SELECT
    ${orNone(column)} AS ${name},
    sum(cost_usd) AS cost_usd,
    toFloat64(cost_usd) / nullIf((SELECT toFloat64(sum(cost_usd)) FROM spend_by_hour WHERE ${hourRows}), 0) AS share
  FROM spend_by_hour
  WHERE ${hourRows}
  GROUP BY ${name}
  ORDER BY cost_usd DESC
  LIMIT ${groupsMax}
`

const bySku = `
  SELECT sku, sum(quantity) AS quantity, unit, sum(cost_usd) AS cost_usd
  FROM spend_by_hour
  WHERE ${hourRows}
  GROUP BY sku, unit
  ORDER BY cost_usd DESC
  LIMIT ${groupsMax}
`

/** Up to a day, minutes are drawn; of a longer time nobody sees them, and there are sixty times as many as hours. */
const byMinute = `$__fromTime_ms >= $__toTime_ms - INTERVAL 25 HOUR`

// Cost per point, scaled to an hour.
const burn = `
  SELECT $__timeInterval_ms(at) AS time, ${orNone('team_id')} AS team,
    toFloat64(sum(p.cost_usd)) * 3600 / greatest($__interval_s, any(step_s)) AS usd_per_hour
  FROM (
    SELECT minute AS at, team_id, cost_usd, 60 AS step_s FROM spend_by_minute WHERE ${byMinute} AND ${exactMinuteRows}
    UNION ALL
    SELECT hour AS at, team_id, cost_usd, 3600 AS step_s FROM spend_by_hour WHERE NOT (${byMinute}) AND ${exactHourRows}
  ) AS p
  GROUP BY time, team
  ORDER BY time, team
`

export const breakdown = (): Section => ({
  title: 'Where it goes',
  lines: [
    {
      height: 9,
      panels: [
        [
          12,
          stackedBars(
            { title: 'Spend by team', description: 'Per hour.' },
            { unit: 'currencyUSD', series: 'team' },
            overTime('team_id', 'team'),
          ),
        ],
        [
          12,
          stackedBars(
            { title: 'Spend by SKU', description: 'Per hour.' },
            { unit: 'currencyUSD', series: 'sku' },
            overTime('sku', 'sku'),
          ),
        ],
      ],
    },
    {
      height: 9,
      panels: [
        [
          6,
          tablePanel({ title: 'By team', description: 'Spend of the chosen time.' }, by('team_id', 'team')),
        ],
        [
          6,
          tablePanel(
            {
              title: 'By task class',
              description:
                'Spend of the chosen time; (none) is idle time and tasks whose class the charge does not carry.',
            },
            by('task_class', 'class'),
          ),
        ],
        [
          6,
          tablePanel({ title: 'By user', description: 'Spend of the chosen time.' }, by('user_id', 'user')),
        ],
        [
          6,
          tablePanel(
            { title: 'By SKU', description: 'Spend and consumed quantity of the chosen time.' },
            bySku,
          ),
        ],
      ],
    },
    {
      height: 8,
      panels: [
        [
          24,
          stackedBars(
            {
              title: 'Burn rate',
              description:
                'Spend per hour at each moment, up to the ingest watermark. Points are at least a minute wide.',
            },
            { unit: 'currencyUSD', series: 'team' },
            burn,
          ).interval('1m'),
        ],
      ],
    },
  ],
})
