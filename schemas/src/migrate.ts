/**
 * Applies migrations in order and remembers them. Safe from several processes at once and after a kill at any instant:
 * there is no lock that could be left behind, every statement bears repetition, and a file counts as applied only when its
 * last statement has run.
 */
import { MigrationError } from './migrate/error.ts'
import { readMigrations, type Migration } from './migrate/files.ts'
import { renderDatabases, renderStatement, single, type Deployment } from './migrate/render.ts'

export { MigrationError, type MigrationErrorCode } from './migrate/error.ts'
export { migrationsDirectory, readMigrations, type Migration } from './migrate/files.ts'
export { single, type ClusterDeployment, type Deployment } from './migrate/render.ts'

/** The part of `@clickhouse/client` that migrations use. */
export interface MigrationClient {
  command(params: {
    query: string
    query_params?: Record<string, unknown>
    clickhouse_settings?: Record<string, string | number>
  }): Promise<unknown>
  query(params: { query: string; format: 'JSONEachRow' }): Promise<{ json(): Promise<unknown> }>
}

export interface MigrateOptions {
  /** Default: one server or the embedded engine. */
  readonly deployment?: Deployment
  /** Default: the migrations of this package. */
  readonly directory?: string
}

export interface PlannedMigration {
  readonly version: number
  readonly name: string
  readonly state: 'applied' | 'pending'
  /** As they would run; empty once applied. */
  readonly statements: readonly string[]
}

export interface MigrationReport {
  /** Names of the files applied by this call. */
  readonly applied: readonly string[]
  /** Highest version the database has now. */
  readonly version: number
}

/**
 * Brings the database to the newest schema.
 * @throws MigrationError when an applied file was edited, or the database is newer than this package. Errors of ClickHouse pass
 * through as they are: the caller may retry.
 */
export async function migrate(
  client: MigrationClient,
  options: MigrateOptions = {},
): Promise<MigrationReport> {
  const deployment = options.deployment ?? single
  await prepare(client, deployment)
  const migrations = await readMigrations(options.directory)
  const pending = findPending(migrations, await readApplied(client, deployment))
  for (const migration of pending) await apply(client, migration, deployment)
  return { applied: pending.map(({ name }) => name), version: migrations.at(-1)?.version ?? 0 }
}

/** What `migrate` would do. Changes nothing, and works on a database that was never migrated. */
export async function planMigrations(
  client: MigrationClient,
  options: MigrateOptions = {},
): Promise<readonly PlannedMigration[]> {
  const deployment = options.deployment ?? single
  const migrations = await readMigrations(options.directory)
  const applied = (await hasTable(client, deployment)) ? await readApplied(client, deployment) : []
  const pending = new Set(findPending(migrations, applied))
  return migrations.map((migration) => ({
    version: migration.version,
    name: migration.name,
    state: pending.has(migration) ? 'pending' : 'applied',
    statements: pending.has(migration)
      ? migration.statements.flatMap((statement) => renderStatement(statement, deployment))
      : [],
  }))
}

/** Highest migration the database has; 0 when none. Writers wait until it is what they were built for. */
export async function schemaVersion(
  client: MigrationClient,
  deployment: Deployment = single,
): Promise<number> {
  if (!(await hasTable(client, deployment))) return 0
  return Math.max(0, ...(await readApplied(client, deployment)).map(({ version }) => version))
}

interface Applied {
  readonly version: number
  readonly name: string
  readonly checksum: string
}

/** ReplacingMergeTree: two processes that applied one file at the same time leave one row. */
const migrationsTable = `CREATE TABLE IF NOT EXISTS migrations (
  version UInt32,
  name String,
  checksum String,
  applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree
ORDER BY (version, checksum)`

async function prepare(client: MigrationClient, deployment: Deployment): Promise<void> {
  const statements = [...renderDatabases(deployment), ...renderStatement(migrationsTable, deployment)]
  for (const query of statements) await client.command({ query })
}

async function apply(client: MigrationClient, migration: Migration, deployment: Deployment): Promise<void> {
  for (const statement of migration.statements) {
    for (const query of renderStatement(statement, deployment)) await client.command({ query })
  }
  await client.command({
    query: `INSERT INTO ${qualified(deployment)} (version, name, checksum)
      SELECT {version:UInt32}, {name:String}, {checksum:String}`,
    query_params: { version: migration.version, name: migration.name, checksum: migration.checksum },
    clickhouse_settings: { distributed_foreground_insert: 1 },
  })
}

const qualified = (deployment: Deployment): string =>
  deployment.kind === 'single' ? 'migrations' : `${deployment.database}.migrations`

async function hasTable(client: MigrationClient, deployment: Deployment): Promise<boolean> {
  const rows = await readRows(client, `EXISTS TABLE ${qualified(deployment)}`)
  return rows.some((row) => Number(row['result']) === 1)
}

async function readApplied(client: MigrationClient, deployment: Deployment): Promise<readonly Applied[]> {
  const rows = await readRows(
    client,
    `SELECT DISTINCT version, name, checksum FROM ${qualified(deployment)} ORDER BY version`,
  )
  return rows.map((row) => ({
    version: Number(row['version']),
    name: String(row['name']),
    checksum: String(row['checksum']),
  }))
}

async function readRows(
  client: MigrationClient,
  query: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const result = await client.query({ query, format: 'JSONEachRow' })
  const rows = await result.json()
  if (!Array.isArray(rows)) throw new TypeError(`ClickHouse answered ${typeof rows}, not rows, to: ${query}`)
  return rows.filter((row) => typeof row === 'object' && row !== null)
}

function findPending(migrations: readonly Migration[], applied: readonly Applied[]): readonly Migration[] {
  const known = new Map(migrations.map((migration) => [migration.version, migration]))
  for (const row of applied) assertUnedited(row, known.get(row.version))
  const versions = new Set(applied.map(({ version }) => version))
  return migrations.filter(({ version }) => !versions.has(version))
}

function assertUnedited(row: Applied, file: Migration | undefined): void {
  if (file === undefined) {
    throw new MigrationError(
      'unknown',
      `the database has migration ${row.name}, which this version does not ship: use the version that applied it or a newer one`,
    )
  }
  if (file.checksum === row.checksum) return
  throw new MigrationError(
    'edited',
    `migration ${file.name}.sql was edited after it was applied (now ${file.checksum.slice(0, 12)}, ` +
      `applied ${row.checksum.slice(0, 12)}): restore the file and put the change into a new migration`,
  )
}
