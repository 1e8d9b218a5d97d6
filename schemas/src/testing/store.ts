/** A migrated embedded engine for tests, written to as collectors do: one block, one token. */
import type { ClickHouseClient } from '@clickhouse/client'
import type { EmbeddedOptions } from '@sandglass/embedded'
import { startTestEmbedded, type TestEmbedded } from '@sandglass/embedded/testing'
import { migrate } from '../migrate.ts'
import type { CollectorTable } from '../tables.ts'
import type { Row } from './rows.ts'

export interface TestStore {
  readonly client: ClickHouseClient
  readonly embedded: TestEmbedded
  /** Stores rows in one block under a token. */
  insert(table: CollectorTable, rows: readonly Row[], token: string): Promise<void>
  /** Rows of a query; 64-bit integers and decimals as strings. */
  read(query: string): Promise<readonly Record<string, unknown>[]>
  stop(): Promise<void>
}

const exactlyOnce = {
  async_insert: 0,
  max_insert_threads: '1',
  min_insert_block_size_bytes: '0',
  min_insert_block_size_rows: '100000000',
  max_partitions_per_insert_block: '0',
  deduplicate_blocks_in_dependent_materialized_views: 1,
} as const

export async function startTestStore(options: Partial<EmbeddedOptions> = {}): Promise<TestStore> {
  const embedded = await startTestEmbedded(options)
  const client = embedded.writeClient
  await migrate(client)
  return {
    client,
    embedded,
    async insert(table, values, token) {
      await client.insert({
        table,
        values,
        format: 'JSONEachRow',
        clickhouse_settings: { ...exactlyOnce, insert_deduplication_token: token },
      })
    },
    async read(query) {
      const result = await client.query({
        query,
        format: 'JSONEachRow',
        clickhouse_settings: {
          output_format_json_quote_64bit_integers: 1,
          output_format_json_quote_decimals: 1,
        },
      })
      return result.json<Record<string, unknown>>()
    },
    stop: () => embedded.stop(),
  }
}
