/**
 * Users' rights on a server or a cluster, as SQL for an administrator to run: the embedded engine has no users.
 * writer: collectors. enforcer: reads what decisions need. grafana_reader: reads, within limits. grafana_reader_<tenant>: the same,
 * held to the rows of one tenant.
 */
import { readSchemaObjects, tenantColumnOf, type SchemaObjects } from './objects.ts'
import type { Deployment } from './render.ts'

export interface RolesOptions {
  readonly deployment: Deployment
  /** Database of a single server; a cluster names its own. */
  readonly database: string
  /** Tenants that get a reader of their own. */
  readonly tenants: readonly string[]
}

/** Limits of one reader: a panel that needs more is a panel to fix. In bytes, rows and queries. */
const readerLimits: Readonly<Record<string, number>> = {
  max_memory_usage: 4 * 1024 ** 3,
  max_bytes_to_read: 200 * 1000 ** 3,
  max_rows_to_read: 5_000_000_000,
  max_result_rows: 100_000,
  max_result_bytes: 100 * 1000 ** 2,
  max_concurrent_queries_for_user: 20,
}

/** Tables that collectors write beside what views fill for them, with the definer's rights. */
const written = ['otel_traces', 'otel_logs', 'otel_metrics', 'watermarks'] as const

/** What a collector reads: its watermarks, and sandboxes to complete events with. */
const readByWriter = ['watermarks', 'sandbox_states', 'sandboxes', 'migrations'] as const

const tenantName = /^[A-Za-z0-9_-]{1,64}$/

/** Statements in the order to run them; each may run again. */
export async function renderRoles(options: RolesOptions): Promise<readonly string[]> {
  const objects = await readSchemaObjects()
  const place = placeOf(options)
  return [
    ...createRoles(place, options.tenants),
    ...writerGrants(place),
    `GRANT${place.on} SELECT ON ${place.readers}.* TO enforcer`,
    ...readerGrants(place, objects),
    ...everyonePolicies(place, objects),
    ...options.tenants.flatMap((tenant) => tenantPolicies(place, objects, tenant)),
  ]
}

interface Place {
  readonly on: string
  /** Database that readers use. */
  readonly readers: string
  /** Database that holds the rows. */
  readonly rows: string
}

function placeOf({ deployment, database }: RolesOptions): Place {
  return deployment.kind === 'single'
    ? { on: '', readers: database, rows: database }
    : {
        on: ` ON CLUSTER '${deployment.cluster}'`,
        readers: deployment.database,
        rows: deployment.localDatabase,
      }
}

function createRoles({ on }: Place, tenants: readonly string[]): readonly string[] {
  // Views join and look up what lies on every shard: denied by default there.
  const everywhere = on === '' ? [] : ["distributed_product_mode = 'global'"]
  const limits = Object.entries(readerLimits).map(([name, value]) => `${name} = ${value} READONLY`)
  // Grafana's plugin sets the time limit of each query itself, within ours.
  const settings = [
    'readonly = 1',
    ...everywhere,
    ...limits,
    'max_execution_time = 30 MAX 30 CHANGEABLE_IN_READONLY',
  ]
  const readers = ['grafana_reader', ...tenants.map(readerOf)]
  return [
    `CREATE ROLE IF NOT EXISTS writer${on}`,
    `CREATE ROLE IF NOT EXISTS enforcer${on} SETTINGS ${['readonly = 1', ...everywhere].join(', ')}`,
    ...readers.map((role) => `CREATE ROLE IF NOT EXISTS ${role}${on} SETTINGS ${settings.join(', ')}`),
  ]
}

function writerGrants({ on, rows, readers }: Place): readonly string[] {
  return [
    ...written.map((table) => `GRANT${on} INSERT ON ${rows}.${table} TO writer`),
    ...readByWriter.map((table) => `GRANT${on} SELECT ON ${readers}.${table} TO writer`),
  ]
}

/** Tables by name, not by star: a reader has no business with the runner's own table. */
function readerGrants({ on, rows, readers }: Place, { tables, views }: SchemaObjects): readonly string[] {
  const databases = [...new Set([readers, rows])]
  return [
    ...databases.flatMap((database) =>
      tables.map((table) => `GRANT${on} SELECT ON ${database}.${table} TO grafana_reader`),
    ),
    ...views.map((view) => `GRANT${on} SELECT ON ${readers}.${view} TO grafana_reader`),
  ]
}

/** Without these, a table with any policy would show no row to those the policy does not name. */
function everyonePolicies({ on, rows }: Place, { tables }: SchemaObjects): readonly string[] {
  return tables.map(
    (table) =>
      `CREATE ROW POLICY IF NOT EXISTS everyone${on} ON ${rows}.${table} FOR SELECT USING 1 AS PERMISSIVE TO ALL`,
  )
}

/** A policy on every table that holds rows, base and derived: plain views run with the rights of who asks. */
function tenantPolicies({ on, rows }: Place, { tables }: SchemaObjects, tenant: string): readonly string[] {
  const role = readerOf(tenant)
  return [
    `GRANT${on} grafana_reader TO ${role}`,
    ...tables.map(
      (table) =>
        `CREATE ROW POLICY IF NOT EXISTS ${role}${on} ON ${rows}.${table} FOR SELECT ` +
        `USING ${rowsOf(table, tenant)} AS RESTRICTIVE TO ${role}`,
    ),
  ]
}

/** Condition of one tenant's rows. Watermarks of every tenant concern each of them. */
const rowsOf = (table: string, tenant: string): string =>
  `${tenantColumnOf(table)} ${table === 'watermarks' ? `IN ('${tenant}', '*')` : `= '${tenant}'`}`

/** @throws Error when a tenant's name could leave its quotes. */
function readerOf(tenant: string): string {
  if (!tenantName.test(tenant)) {
    throw new Error(`tenant "${tenant}" cannot have a role: use 1 to 64 letters, digits, "-" or "_"`)
  }
  // Quoted, not turned into another character: two tenants must never share a role.
  return tenant.includes('-') ? `\`grafana_reader_${tenant}\`` : `grafana_reader_${tenant}`
}

/**
 * What holds a query to one tenant where there are no users: ClickHouse's setting additional_table_filters. The read port of the
 * embedded engine sets it; a query that names the setting itself is refused there.
 */
export async function tenantTableFilters(tenant: string): Promise<Readonly<Record<string, string>>> {
  readerOf(tenant)
  const { tables } = await readSchemaObjects()
  return Object.fromEntries(tables.map((table) => [table, rowsOf(table, tenant)]))
}

/** generated/roles.sql: the rights of a cluster with two tenants, for people to read. */
export async function renderRolesGolden(): Promise<string> {
  const deployment = {
    kind: 'cluster',
    cluster: 'sandglass',
    database: 'sandglass',
    localDatabase: 'sandglass_local',
  } as const
  const statements = await renderRoles({ deployment, database: 'sandglass', tenants: ['acme', 'globex'] })
  return `${statements.map((sql) => `${sql};`).join('\n')}\n`
}
