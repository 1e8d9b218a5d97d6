/** Connections to ClickHouse for the commands: the reader of a running stack, or what the flags name. */
import { createClient, type ClickHouseClient } from '@clickhouse/client'
import { OperationError, UsageError } from './errors.ts'
import type { ResultSet } from './output/render-rows.ts'
import { DATA_DIRECTORY_DEFAULT, readEndpoints } from './stack/data-directory.ts'

export interface ConnectionFlags {
  readonly dataDir?: string
  readonly clickhouseUrl?: string
  readonly username?: string
  readonly password?: string
}

const REQUEST_MS_MAX = 30_000

/** Reader: the guarded port of the embedded engine, or the server named by --clickhouse-url. */
export const connectReader = (flags: ConnectionFlags): Promise<ClickHouseClient> => connect(flags, 'readUrl')

/** Writer: for migrations and repairs only. */
export const connectWriter = (flags: ConnectionFlags): Promise<ClickHouseClient> => connect(flags, 'writeUrl')

async function connect(flags: ConnectionFlags, port: 'readUrl' | 'writeUrl'): Promise<ClickHouseClient> {
  if (flags.clickhouseUrl !== undefined) {
    return client(flags.clickhouseUrl, flags.username ?? 'default', flags.password ?? '')
  }
  const directory = flags.dataDir ?? DATA_DIRECTORY_DEFAULT
  const endpoints = await readEndpoints(directory)
  if (endpoints === undefined) {
    throw new UsageError(
      `no stack was ever started on ${directory}: run sandglass up, or name a server with --clickhouse-url`,
    )
  }
  return port === 'readUrl'
    ? client(endpoints.readUrl, 'default', '')
    : client(endpoints.writeUrl, endpoints.username, endpoints.password)
}

const client = (url: string, username: string, password: string): ClickHouseClient =>
  createClient({ url, username, password, request_timeout: REQUEST_MS_MAX })

/** Runs one query and reads all of it. Throws OperationError that carries ClickHouse's own message. */
export async function readRows(
  reader: ClickHouseClient,
  sql: string,
  params: Readonly<Record<string, unknown>> = {},
): Promise<ResultSet> {
  try {
    const result = await reader.query({
      query: sql,
      format: 'JSONCompactEachRowWithNames',
      query_params: params,
    })
    const [columns = [], ...rows] = await result.json<unknown[]>()
    return { columns: columns.map(String), rows }
  } catch (error) {
    throw new OperationError(`query failed: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

/** Rows as objects. */
export async function readObjects<T>(
  reader: ClickHouseClient,
  sql: string,
  params: Readonly<Record<string, unknown>> = {},
): Promise<T[]> {
  const { columns, rows } = await readRows(reader, sql, params)
  return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])) as T)
}
