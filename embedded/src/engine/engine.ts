import { fromEngine } from '../errors/clickhouse-error.ts'
import { quoteString } from '../sql/literal.ts'
import type { Binding, Connection, RawResult } from './binding.ts'
import { replaceOverlay } from './overlay.ts'
import { preamble } from './preamble.ts'
import { printStatement } from './print.ts'

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
  /** Runs a statement of this program's own and returns its result as text, without the last line break. */
  ask(sql: string, parameters?: ReadonlyMap<string, string>): Promise<string>
  /** How the engine's parser reads a text; nothing is run. */
  classify(sql: string): Promise<{ readonly statements: number; readonly reads: boolean }>
  /** The statement as the parser understood it, on one line. @throws ClickHouseError SYNTAX_ERROR about exactly this text. */
  print(sql: string): Promise<string>
  close(): void
}

/** The engine shares the machine with the rest of the product: half of the memory, small caches. */
const ENGINE_ARGUMENTS = [
  '--max_server_memory_usage_to_ram_ratio=0.5',
  `--mark_cache_size=${256 * 1024 * 1024}`,
  '--async_load_databases=0',
]

/**
 * Opens the database in that existing directory; one engine per process.
 * @throws Error in the engine's words when the stored data cannot be loaded.
 */
export async function openEngine(binding: Binding, directory: string): Promise<Engine> {
  const root = binding.CreateConnection(directory, ENGINE_ARGUMENTS)
  await replaceOverlay(directory, (sql) => binding.QueryAsyncConnection(root, sql, 'Null'))
  const connected = <T>(use: (connection: Connection) => Promise<T>): Promise<T> =>
    withConnection(binding, directory, use)
  const run = (work: Work): Promise<RawResult> =>
    connected(async (connection) => {
      await binding.QueryAsyncConnection(connection, preamble(work), 'Null')
      return binding.QueryAsyncConnection(connection, work.sql, work.format)
    })
  const ask = async (sql: string, parameters: ReadonlyMap<string, string> = new Map()): Promise<string> => {
    const { bytes } = await run({ ...OWN_WORK, sql, parameters })
    return Buffer.from(bytes).toString().trimEnd()
  }
  return {
    run,
    ask,
    print: (sql) => printStatement(ask, sql),
    classify: async (sql) => {
      const { statementCount, queryClass } = await connected((it) => binding.DurableClassifyAsync(it, sql))
      return { statements: statementCount, reads: queryClass === 0 }
    },
    cancel: async (tag) => {
      await connected((connection) => binding.QueryAsyncConnection(connection, killStatement(tag), 'Null'))
    },
    close: () => binding.CloseConnection(root),
  }
}

const OWN_WORK = { format: 'TSVRaw', database: 'default', settings: new Map(), tag: '' } as const

function killStatement(tag: string): string {
  return `KILL QUERY WHERE startsWith(Settings['log_comment'], ${quoteString(tag)}) ASYNC`
}

async function withConnection<T>(
  binding: Binding,
  directory: string,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = binding.CreateConnection(directory)
  try {
    return await use(connection)
  } catch (error) {
    throw fromEngine(error)
  } finally {
    binding.CloseConnection(connection)
  }
}
