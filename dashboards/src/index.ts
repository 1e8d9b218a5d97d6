export { clickhouseDatasource } from './clickhouse/datasource.ts'
export { interpolateQuery, type QueryContext } from './clickhouse/interpolate.ts'
export { clickhouseQuery, dedent } from './clickhouse/query.ts'
