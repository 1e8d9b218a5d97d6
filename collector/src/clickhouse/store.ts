/** The database as the collector sees it: a place that takes one block under a token, once. */
import type { Readable } from 'node:stream'
import {
  ClickHouseLogLevel,
  createClient,
  type ClickHouseClient,
  type ClickHouseSettings,
} from '@clickhouse/client'
import type { LoggedTable } from '@sandglass/schemas/metric-tables'

export interface Insert {
  readonly table: LoggedTable
  /** The same token never stores twice, in the table and in everything derived from it. */
  readonly token: string
  /** Blocks in Native format. */
  readonly body: Readable
  /** Time it may take, ms. */
  readonly msMax: number
  /** Stores what views refuse in the table and in the other views. */
  readonly ignoreViewErrors?: boolean
}

export interface BlockStore {
  /** Resolves once stored. Rejects with whatever the connection or ClickHouse said; errors.ts knows what it means. */
  insert(insert: Insert): Promise<void>
}

/** More rows than any segment has: a segment must arrive as one block, since each block has its own token. */
const BLOCK_ROWS_MAX = '100000000'

/**
 * Each was needed in an experiment (docs/adr/0001, 0007). One segment, one block, one part per partition, one token for the table and
 * for every view behind it.
 */
const EXACTLY_ONCE: ClickHouseSettings = {
  async_insert: 0,
  max_insert_threads: '1',
  min_insert_block_size_bytes: '0',
  min_insert_block_size_rows: BLOCK_ROWS_MAX,
  max_partitions_per_insert_block: '0',
  deduplicate_blocks_in_dependent_materialized_views: 1,
  wait_end_of_query: 1,
}

export interface ClickHouseOptions {
  readonly url: string
  readonly username: string
  readonly password: string
  readonly database: string
  /** Time one insert may take, ms. */
  readonly insertMsMax: number
  readonly insertsMax: number
}

/** Connections besides those of the inserts: watermarks and sandboxes. */
const OTHER_CONNECTIONS = 2

export function connectClickHouse(options: ClickHouseOptions): ClickHouseClient {
  return createClient({
    url: options.url,
    username: options.username,
    password: options.password,
    database: options.database,
    request_timeout: options.insertMsMax,
    max_open_connections: options.insertsMax + OTHER_CONNECTIONS,
    application: 'sandglass-collector',
    // What fails is told by the collector's own events.
    log: { level: ClickHouseLogLevel.OFF },
    compression: { request: false, response: false },
  })
}

export function createBlockStore(client: ClickHouseClient): BlockStore {
  return {
    async insert({ table, token, body, msMax, ignoreViewErrors = false }) {
      // An error before the client listens (EMFILE) is told once more when it does; without a listener it ends the process.
      body.on('error', () => undefined)
      const { stream } = await client.exec({
        query: `INSERT INTO ${table} FORMAT Native`,
        values: body,
        abort_signal: AbortSignal.timeout(msMax),
        clickhouse_settings: {
          ...EXACTLY_ONCE,
          insert_deduplication_token: token,
          materialized_views_ignore_errors: ignoreViewErrors ? 1 : 0,
        },
      })
      for await (const _ of stream) {
        // An insert answers nothing; reading to the end frees the connection.
      }
    },
  }
}
