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

/** The tasks of the chosen teams that started last, or up to a day before the chosen time; any other id can be typed or linked to. */
export const taskVariable = () =>
  variable(
    'task',
    'Task',
    `
    SELECT task_id, concat(formatDateTime(time, '%m-%d %H:%i'), ' ', task_class, ' ', task_id)
    FROM task_starts
    WHERE ${ofTenant()} AND time >= $__fromTime_ms - INTERVAL 1 DAY AND time <= $__toTime_ms AND ${ofTeams()}
    ORDER BY time DESC
    LIMIT 200
    `,
  ).allowCustomValue(true)
