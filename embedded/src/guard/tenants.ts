import type { Engine } from '../engine/engine.ts'
import { refuse } from '../errors/clickhouse-error.ts'
import { quoteString } from '../sql/literal.ts'

/** Columns that say whose row it is. */
const TENANT_COLUMNS = ['TenantId', 'tenant_id']
/** Rows of this tenant concern every one of them, and only where a collector speaks for all. */
const EVERY_TENANT = '*'
const SHARED_TABLE = 'watermarks'

/** Changes with every table that is made, dropped, renamed or altered. */
const STATE = `SELECT count(), groupBitXor(cityHash64(database, name, uuid, metadata_modification_time))
FROM system.tables WHERE database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema') FORMAT TSVRaw`

/** Plain views read what is filtered. */
const STORED = `SELECT database, table, maxIf(name, name IN (${TENANT_COLUMNS.map(quoteString).join(', ')})) AS tenant_column
FROM system.columns
WHERE database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema')
  AND (database, table) IN (SELECT database, name FROM system.tables WHERE engine != 'View')
GROUP BY database, table
ORDER BY database, table
FORMAT JSONCompactEachRow`

/** What holds a statement to the rows of these tenants. */
export type TenantFilters = (tenants: readonly string[]) => Promise<string>

/**
 * Makes values of ClickHouse's setting additional_table_filters: one filter for each table that stores rows, so that base and
 * derived tables, rollups and the views behind them show the same. A table that does not say whose its rows are shows none.
 * Whether there is a table more is asked at each request, so that one made a moment ago is filtered too.
 */
export function createTenantFilters(engine: Engine): TenantFilters {
  let known: { readonly state: string; readonly tables: readonly StoredTable[] } | undefined
  const readTables = async (): Promise<readonly StoredTable[]> => {
    const state = await engine.ask(STATE)
    if (known?.state === state) return known.tables
    const answer = await engine.ask(STORED)
    const tables = answer === '' ? [] : answer.split('\n').map(parseTable)
    // A table made between the two questions belongs to the next state.
    known = { state, tables }
    return tables
  }
  return async (tenants) => renderFilters(await readTables(), tenants)
}

function renderFilters(tables: readonly StoredTable[], tenants: readonly string[]): string {
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
