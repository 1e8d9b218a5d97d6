/**
 * The query model of the ClickHouse datasource plugin, which the Foundation SDK has no builder for.
 * Numbers of `format`: grafana-plugin-sdk-go, data/sqlutil.
 */
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import { clickhouseDatasource, clickhousePluginVersion } from './datasource.ts'

export type QueryFormat = keyof typeof formats

const formats = {
  timeSeries: { format: 0, queryType: 'timeseries' },
  table: { format: 1, queryType: 'table' },
  logs: { format: 2, queryType: 'logs' },
  traces: { format: 3, queryType: 'traces' },
} as const

export interface ClickHouseQuery extends Dataquery {
  readonly refId: string
  readonly datasource: typeof clickhouseDatasource
  readonly editorType: 'sql'
  readonly rawSql: string
  readonly format: number
  readonly queryType: string
  readonly pluginVersion: string
}

export function clickhouseQuery(
  refId: string,
  sql: string,
  format: QueryFormat = 'table',
): Builder<Dataquery> {
  return { build: () => clickhouseQueryModel(refId, sql, format) }
}

export function clickhouseQueryModel(
  refId: string,
  sql: string,
  format: QueryFormat = 'table',
): ClickHouseQuery {
  return {
    refId,
    datasource: clickhouseDatasource,
    editorType: 'sql',
    rawSql: dedent(sql),
    ...formats[format],
    pluginVersion: clickhousePluginVersion,
    _implementsDataqueryVariant: () => {},
  }
}

/** Removes the indentation that all lines share, and blank lines around. */
export function dedent(text: string): string {
  const lines = text
    .replace(/^\s*\n/, '')
    .trimEnd()
    .split('\n')
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/))
  const shared = Math.min(...indents)
  return lines.map((line) => line.slice(shared)).join('\n')
}
