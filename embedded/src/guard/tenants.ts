import type { Engine } from '../engine/engine.ts'
import { refuse } from '../errors/clickhouse-error.ts'
import { quoteString } from '../sql/literal.ts'

/** Columns that say whose row it is. */
const TENANT_COLUMNS = ['TenantId', 'tenant_id']
/** Rows of this tenant concern every one of them, and only where a collector speaks for all. */
const EVERY_TENANT = '*'
const SHARED_TABLE = 'watermarks'

/** Asked at each request, so that a table made a moment ago is filtered too. Plain views read what is filtered. */
const STORED = `SELECT database, table, maxIf(name, name IN (${TENANT_COLUMNS.map(quoteString).join(', ')})) AS tenant_column
FROM system.columns
WHERE database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema')
  AND (database, table) IN (SELECT database, name FROM system.tables WHERE engine != 'View')
GROUP BY database, table
ORDER BY database, table
FORMAT JSONCompactEachRow`

/**
 * The value of ClickHouse's setting additional_table_filters that holds a statement to the rows of these tenants: one filter for
 * each table that stores rows, so that base and derived tables, rollups and the views behind them show the same. A table that
 * does not say whose its rows are shows none.
 */
export async function tenantFilters(engine: Engine, tenants: readonly string[]): Promise<string> {
  const answer = await engine.ask(STORED)
  const tables = answer === '' ? [] : answer.split('\n').map(parseTable)
  const entries = tables.map(({ name, table, column }) => {
    const allowed = table === SHARED_TABLE ? [...tenants, EVERY_TENANT] : tenants
    const filter = column === '' ? '0' : `${column} IN (${allowed.map(quoteString).join(', ')})`
    return `${quoteString(name)}: ${quoteString(filter)}`
  })
  return `{${entries.join(', ')}}`
}

interface StoredTable {
  /** As the setting names it. */
  readonly name: string
  readonly table: string
  /** Empty: rows do not say whose they are. */
  readonly column: string
}

function parseTable(line: string): StoredTable {
  const row: unknown = JSON.parse(line)
  if (!Array.isArray(row)) throw refuse('ACCESS_DENIED', 'The tables of the database cannot be read.')
  const [database = '', table = '', column = ''] = row.map(String)
  return { name: `${database}.${table}`, table, column }
}
