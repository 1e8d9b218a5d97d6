import { fromEngine } from '../errors/clickhouse-error.ts'
import { quoteIdentifier, quoteString } from '../sql/literal.ts'
import type { Binding, Connection, RawResult } from './binding.ts'

/** One statement and everything it needs to know; nothing of it outlives the statement. */
export interface Work {
  readonly sql: string
  /** Format of a result that the statement does not name a format for. */
  readonly format: string
  readonly database: string
  /** `readonly` is applied last, whatever its place. */
  readonly settings: ReadonlyMap<string, string>
  /** Values of `{name:Type}` placeholders, escaped as in TabSeparated. */
  readonly parameters: ReadonlyMap<string, string>
  /** Finds the running statement again, see `cancel`. */
  readonly tag: string
}

/** The database engine in this process. */
export interface Engine {
  /** @throws ClickHouseError as the engine words it. */
  run(work: Work): Promise<RawResult>
  /** Stops the statement with that tag, if it still runs. Returns without waiting for its end. */
  cancel(tag: string): Promise<void>
  close(): void
}

/** Settings that make the library behave like the server. */
const SERVER_LIKE: ReadonlyMap<string, string> = new Map([
  ['implicit_select', '0'],
  ['allow_introspection_functions', '0'],
  ['async_insert', '0'],
])

/** Opens the database at that directory; one engine per process. */
export async function openEngine(binding: Binding, directory: string): Promise<Engine> {
  const root = binding.CreateConnection(directory)
  await replaceOverlay((sql) => binding.QueryAsyncConnection(root, sql, 'TabSeparated'))
  const inConnection = (use: (connection: Connection) => Promise<RawResult>): Promise<RawResult> =>
    withConnection(binding, directory, use)
  return {
    run: (work) =>
      inConnection(async (connection) => {
        await binding.QueryAsyncConnection(connection, preamble(work), 'Null')
        return binding.QueryAsyncConnection(connection, work.sql, work.format)
      }),
    cancel: async (tag) => {
      const kill = `KILL QUERY WHERE startsWith(Settings['log_comment'], ${quoteString(tag)}) ASYNC`
      await inConnection((connection) => binding.QueryAsyncConnection(connection, kill, 'Null'))
    },
    close: () => binding.CloseConnection(root),
  }
}

/** UNKNOWN_DATABASE_ENGINE: ATTACH finds no stored definition, the directory is new. */
const NEVER_STORED = 336

/**
 * The library's own `default` database overlays the file system: `SELECT * FROM "/etc/passwd"` reads that file,
 * also under `readonly`. A plain Atomic database over the same tables takes its place.
 */
async function replaceOverlay(query: (sql: string) => Promise<RawResult>): Promise<void> {
  await query('DETACH DATABASE default')
  try {
    await query('ATTACH DATABASE default')
  } catch (error) {
    if (fromEngine(error).code !== NEVER_STORED) throw error
    await query('CREATE DATABASE default ENGINE = Atomic')
  }
}

async function withConnection(
  binding: Binding,
  directory: string,
  use: (connection: Connection) => Promise<RawResult>,
): Promise<RawResult> {
  const connection = binding.CreateConnection(directory)
  try {
    return await use(connection)
  } catch (error) {
    throw fromEngine(error)
  } finally {
    binding.CloseConnection(connection)
  }
}

function preamble(work: Work): string {
  const comment = [work.tag, work.settings.get('log_comment')].filter(Boolean).join(' ')
  const settings = [...new Map([...SERVER_LIKE, ...work.settings, ['log_comment', comment]])]
  const parameters = [...work.parameters].map(([name, value]) => [`param_${name}`, value] as const)
  return [
    `USE ${quoteIdentifier(work.database)}`,
    ...[...parameters, ...settings]
      .sort(readonlyLast)
      .map(([name, value]) => `SET ${name} = ${quoteString(value)}`),
  ].join('; ')
}

/** After `readonly` nothing can be set, by anyone. */
function readonlyLast(a: readonly [string, string], b: readonly [string, string]): number {
  return Number(a[0] === 'readonly') - Number(b[0] === 'readonly')
}
