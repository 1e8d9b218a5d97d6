import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { resolveLibchdb } from 'chdb/libchdb'

/** One engine connection; a query's `SET`s live and die with it. */
export type Connection = object

/** What one statement gave back. */
export interface RawResult {
  readonly bytes: Uint8Array
  /** Seconds spent in the engine. */
  readonly elapsed: number
  readonly rowsRead: number
  readonly bytesRead: number
}

export interface Classification {
  readonly statementCount: number
  /** 0 reads; others change something, write a file, kill, set, or do not parse. */
  readonly queryClass: number
}

/**
 * The calls of chdb's native addon that this package uses.
 *
 * The addon and not the package's `Session`: that class closes a connection only after *every*
 * statement of the process has ended, so one slow query would keep each later connection open (0.1 MB each).
 * Here a connection is closed when its own statement has ended, which is all the engine asks for.
 */
export interface Binding {
  CreateConnection(path: string, args?: readonly string[]): Connection
  CloseConnection(connection: Connection): void
  /** Runs on libuv's thread pool: at most `UV_THREADPOOL_SIZE` statements at once. */
  QueryAsyncConnection(connection: Connection, sql: string, format: string): Promise<RawResult>
  /** The engine's own parser's opinion of a text, nothing run. */
  DurableClassifyAsync(connection: Connection, sql: string): Promise<Classification>
}

const CALLS: readonly (keyof Binding)[] = [
  'CreateConnection',
  'CloseConnection',
  'QueryAsyncConnection',
  'DurableClassifyAsync',
]

/** Loads the addon that lies beside the engine's shared library; says what to do when it is not installed. */
export function loadBinding(): Binding {
  const library = resolveLibchdb()
  const addon: unknown = createRequire(import.meta.url)(join(dirname(library.path), 'chdb_node.node'))
  if (!isBinding(addon)) {
    throw new Error(
      `${library.path}: the chdb addon lacks ${CALLS.join(', ')}; install chdb as the lock file pins it`,
    )
  }
  return addon
}

function isBinding(addon: unknown): addon is Binding {
  return typeof addon === 'object' && addon !== null && CALLS.every((call) => call in addon)
}
