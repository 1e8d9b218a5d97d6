/** The variables at the top of the dashboards. They read rollups of values, never raw tables. */
import {
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { clickhouseDatasource } from './clickhouse/datasource.ts'
import { dedent } from './clickhouse/query.ts'

/** How variables show work that no team owns: Grafana cannot select an empty value. */
const noTeam = '(none)'

/** Condition on the chosen tenant. */
export const ofTenant = (column = 'tenant_id') => `${column} = \${tenant:singlequote}`

/** Condition on the chosen teams. */
export const ofTeams = (column = 'team_id') =>
  `if(${column} = '', '${noTeam}', ${column}) IN (\${team:singlequote})`

const variable = (name: string, label: string, sql: string) =>
  new QueryVariableBuilder(name)
    .label(label)
    .datasource(clickhouseDatasource)
    .query(dedent(sql))
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.Disabled)

export const tenantVariable = () =>
  variable('tenant', 'Tenant', 'SELECT tenant_id FROM dimension_values GROUP BY tenant_id ORDER BY tenant_id')

/** One team, several, or all with the work that no team owns. */
export const teamVariable = () =>
  variable(
    'team',
    'Team',
    `
    SELECT value FROM dimension_values
    WHERE ${ofTenant()} AND dimension = 'team' GROUP BY value ORDER BY value
    UNION ALL SELECT '${noTeam}'
    `,
  )
    .multi(true)
    .includeAll(true)
    .current({ text: 'All', value: '$__all' })

/** The newest tasks of the chosen teams; any other id can be typed or linked to. */
export const taskVariable = () =>
  variable(
    'task',
    'Task',
    `
    SELECT task_id, concat(formatDateTime(last_alive, '%m-%d %H:%i'), ' ', max(s.task_class), ' ', task_id)
    FROM task_states AS s
    WHERE ${ofTenant()} AND week >= toMonday($__fromTime_ms)
    GROUP BY task_id
    HAVING (max(s.alive_at) AS last_alive) >= $__fromTime_ms AND last_alive <= $__toTime_ms
      AND ${ofTeams('max(s.team_id)')}
    ORDER BY last_alive DESC
    LIMIT 200
    `,
  ).allowCustomValue(true)
