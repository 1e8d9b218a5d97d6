/** Connections to ClickHouse for the commands: the reader of a running stack, or what the flags name. */
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client'
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
/** Money is decimal: as a JSON number it would lose digits. */
const EXACT = { output_format_json_quote_decimals: 1 } as const

/** Reader: the guarded port of the embedded engine, or the server named by --clickhouse-url. */
export const connectReader = (flags: ConnectionFlags): Promise<ClickHouseClient> => connect(flags, 'readUrl')

/** Writer: for migrations and repairs only. */
export const connectWriter = (flags: ConnectionFlags): Promise<ClickHouseClient> => connect(flags, 'writeUrl')

async function connect(flags: ConnectionFlags, port: 'readUrl' | 'writeUrl'): Promise<ClickHouseClient> {
  if (flags.clickhouseUrl !== undefined) {
    return answering(
      flags.clickhouseUrl,
      flags.username ?? 'default',
      flags.password ?? '',
      'check its address',
    )
  }
  const directory = flags.dataDir ?? DATA_DIRECTORY_DEFAULT
  const endpoints = await readEndpoints(directory)
  if (endpoints === undefined) {
    throw new UsageError(
      `no stack runs on ${directory}: run sandglass up, or name a server with --clickhouse-url`,
    )
  }
  const remedy = `the stack on ${directory} has ended: run sandglass up`
  return port === 'readUrl'
    ? answering(endpoints.readUrl, 'default', endpoints.readToken ?? '', remedy)
    : answering(endpoints.writeUrl, endpoints.username, endpoints.password, remedy)
}

/** A client of a server that answers. Throws OperationError with the remedy when it does not. */
async function answering(
  url: string,
  username: string,
  password: string,
  remedy: string,
): Promise<ClickHouseClient> {
  const client = createClient({
    url,
    username,
    password,
    request_timeout: REQUEST_MS_MAX,
    log: { level: ClickHouseLogLevel.OFF },
  })
  const pong = await client.ping()
  if (pong.success) return client
  await client.close()
  throw new OperationError(`ClickHouse does not answer at ${url} (${pong.error.message}): ${remedy}`)
}

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
      clickhouse_settings: EXACT,
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
