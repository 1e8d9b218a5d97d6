/** Migration files: migrations/NNNN_name.sql, read in order, each with the checksum that a database remembers. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MigrationError } from './error.ts'
import { isRepeatable, splitStatements, withoutComments } from './statements.ts'

export interface Migration {
  /** From 1, each once. Gaps are allowed: branches that grow side by side take numbers of their own. */
  readonly version: number
  /** File name without its ending: 0001_otel_traces. */
  readonly name: string
  /** SHA-256 of the file, hex. */
  readonly checksum: string
  readonly statements: readonly string[]
}

/** The migrations this version of the package ships. */
export const migrationsDirectory = fileURLToPath(new URL('../../migrations/', import.meta.url))

const fileName = /^(\d{4})_[a-z0-9_]+\.sql$/

/** @throws MigrationError when a number repeats, or a statement could not run twice. */
export async function readMigrations(directory = migrationsDirectory): Promise<readonly Migration[]> {
  const names = (await readdir(directory)).filter((name) => fileName.test(name)).sort()
  const migrations = await Promise.all(
    names.map(async (name) => parseMigration(name, await readFile(join(directory, name), 'utf8'))),
  )
  migrations.forEach((migration, index) => assertNumber(migration, migrations[index - 1]))
  return migrations
}

/** One file's content as a migration. */
export function parseMigration(file: string, sql: string): Migration {
  const name = file.replace(/\.sql$/, '')
  const statements = splitStatements(sql)
  for (const statement of statements) assertRepeatable(name, statement)
  return {
    version: Number(name.slice(0, 4)),
    name,
    checksum: createHash('sha256').update(sql).digest('hex'),
    statements,
  }
}

function assertNumber(migration: Migration, before: Migration | undefined): void {
  if (migration.version > (before?.version ?? 0)) return
  throw new MigrationError(
    'misnumbered',
    `${migration.name}.sql needs a number of its own, after ${before?.name ?? '0000'}: migrations are numbered from 1, each once; rename it`,
  )
}

function assertRepeatable(name: string, statement: string): void {
  if (isRepeatable(statement)) return
  throw new MigrationError(
    'unrepeatable',
    `${name}.sql: this statement cannot run twice, as it would after a kill: ` +
      `"${withoutComments(statement).slice(0, 80)}…"; use IF NOT EXISTS, IF EXISTS or OR REPLACE`,
  )
}
