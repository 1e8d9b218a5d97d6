export { clickhouseDatasource } from './clickhouse/datasource.ts'
export { interpolateQuery, type QueryContext } from './clickhouse/interpolate.ts'
export { clickhouseQuery, dedent } from './clickhouse/query.ts'
export { dashboardQueries, panelQueries, type DashboardQuery } from './dashboard-queries.ts'
export {
  dashboards,
  generatedFiles,
  runbookDashboards,
  renderDashboard,
  type DashboardDefinition,
  type GeneratedFile,
} from './dashboards.ts'
export { dashboardUids, kebabCase, runbookUid } from './uids.ts'
