/**
 * One set of migration files, two shapes of deployment.
 * single: statements as they stand, in the client's database (embedded engine or one server).
 * cluster: every table becomes a Replicated one in `localDatabase` on every node, with a Distributed table of the same name in
 * `database` for readers; materialized views stay beside the local tables, plain views read the Distributed ones.
 * Collectors write to `localDatabase` of the shard they chose.
 */
export interface ClusterDeployment {
  readonly kind: 'cluster'
  /** Name of the cluster in remote_servers. */
  readonly cluster: string
  /** What readers use. */
  readonly database: string
  /** Where the data lies on every node. */
  readonly localDatabase: string
}

export type Deployment = { readonly kind: 'single' } | ClusterDeployment

export const single: Deployment = { kind: 'single' }

/** Macros {shard} and {replica} are each server's own; {database} and {table} are ClickHouse's. */
const replicaPath = `'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'`

/** An insert may be retried for as long as raw data is kept: ClickHouse's default of one hour would store it twice. */
const deduplicationSeconds = 35 * 24 * 3600

/** Databases a cluster needs before the first migration. */
export function renderDatabases(deployment: Deployment): readonly string[] {
  if (deployment.kind === 'single') return []
  return [deployment.localDatabase, deployment.database].map(
    (name) => `CREATE DATABASE IF NOT EXISTS ${name} ON CLUSTER '${deployment.cluster}'`,
  )
}

/** The statements that make one statement of a migration file true in a deployment, in order. */
export function renderStatement(statement: string, deployment: Deployment): readonly string[] {
  if (deployment.kind === 'single') return [statement]
  const shape = shapes.find(({ form }) => form.test(statement))
  if (shape === undefined) throw new Error(`no cluster form for: ${statement.slice(0, 80)}`)
  return shape.render(statement, deployment)
}

interface Shape {
  readonly form: RegExp
  readonly render: (statement: string, target: ClusterDeployment) => readonly string[]
}

const shapes: readonly Shape[] = [
  {
    form: /^CREATE TABLE IF NOT EXISTS (\w+)/m,
    render: (statement, target) => [replicated(statement, target), distributed(statement, target)],
  },
  {
    form: /^CREATE MATERIALIZED VIEW IF NOT EXISTS (\w+) TO (\w+)/m,
    render: (statement, target) => [
      qualifySources(statement, target.localDatabase).replace(
        /^(CREATE MATERIALIZED VIEW IF NOT EXISTS) (\w+) TO (\w+)/m,
        `$1 ${target.localDatabase}.$2 ON CLUSTER '${target.cluster}' TO ${target.localDatabase}.$3`,
      ),
    ],
  },
  {
    form: /^CREATE OR REPLACE VIEW (\w+)/m,
    render: (statement, target) => [
      qualifySources(statement, target.database).replace(
        /^(CREATE OR REPLACE VIEW) (\w+)/m,
        `$1 ${target.database}.$2 ON CLUSTER '${target.cluster}'`,
      ),
    ],
  },
]

function replicated(statement: string, target: ClusterDeployment): string {
  return statement
    .replace(
      /^(CREATE TABLE IF NOT EXISTS) (\w+)/m,
      `$1 ${target.localDatabase}.$2 ON CLUSTER '${target.cluster}'`,
    )
    .replace(/^ENGINE = (\w*MergeTree)(?:\(([^)]*)\))?/m, (_, engine: string, args: string | undefined) => {
      const version = args === undefined || args === '' ? '' : `, ${args}`
      return `ENGINE = Replicated${engine}(${replicaPath}${version})`
    })
    .replace(
      /non_replicated_deduplication_window = (\d+)/,
      `replicated_deduplication_window = $1, replicated_deduplication_window_seconds = ${deduplicationSeconds}`,
    )
}

/** Nobody inserts through it but the migration runner: a retry could land on another shard and be stored twice. */
function distributed(statement: string, target: ClusterDeployment): string {
  const name = /^CREATE TABLE IF NOT EXISTS (\w+)/m.exec(statement)?.[1] ?? ''
  return (
    `CREATE TABLE IF NOT EXISTS ${target.database}.${name} ON CLUSTER '${target.cluster}' ` +
    `AS ${target.localDatabase}.${name}\n` +
    `ENGINE = Distributed('${target.cluster}', '${target.localDatabase}', '${name}', rand())`
  )
}

/** Names the database of every table a view reads; subqueries open with a parenthesis and stay. */
function qualifySources(statement: string, database: string): string {
  return statement.replace(/\b(FROM|JOIN) ([a-z_]+)\b/g, `$1 ${database}.$2`)
}
