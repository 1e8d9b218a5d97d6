/** The base that copies are made of: generated rows, and of these one busy day, sorted and merged. No view sees either. */
import type { ClickHouseClient } from '@clickhouse/client'
import { collectorTables, type CollectorTable } from '@sandglass/schemas/tables'
import { logRow, spanRow, type Row } from '@sandglass/schemas/testing/rows'
import { history } from '../history/history.ts'
import { copyQuery } from './amplify.ts'
import { bulk } from './bulk.ts'
import { priceBook } from './price-book.ts'
import { hideIds } from './renaming.ts'

/** Rows of one request. */
const REQUEST_ROWS = 5_000

export const tables = Object.keys(collectorTables).filter(
  (name): name is CollectorTable => name in collectorTables,
)

export interface Base {
  readonly client: ClickHouseClient
  readonly seed: number
  readonly spans: number
  readonly startMs: number
  /** Sandboxes start within this time. */
  readonly durationMs: number
}

/** Fills `base_<table>`; returns the rows of each. */
export async function generateBase(base: Base): Promise<Readonly<Record<CollectorTable, number>>> {
  const { client, ...options } = base
  await createTables(client, 'base')
  const buffers = { otel_logs: [] as Row[], otel_traces: [] as Row[] }
  const counts = { otel_logs: 0, otel_traces: 0 }
  const flush = async (table: CollectorTable): Promise<void> => {
    const values = buffers[table].splice(0).map(hideIds)
    counts[table] += values.length
    await client.insert({ table: `base_${table}`, values, format: 'JSONEachRow' })
  }
  for (const batch of history(options)) {
    buffers.otel_traces.push(...batch.spans.map(spanRow))
    buffers.otel_logs.push(...batch.events.map((facts) => logRow(facts, priceBook)))
    for (const table of tables) if (buffers[table].length >= REQUEST_ROWS) await flush(table)
  }
  for (const table of tables) await flush(table)
  return counts
}

/** Spreads copies of the base over a day, into `day_<table>`. */
export async function spreadDay(client: ClickHouseClient, copies: number, spreadMs: number): Promise<void> {
  await createTables(client, 'day')
  for (const table of tables) {
    for (let number = 0; number < copies; number += 1) {
      const shiftMs = ((number + 1) / copies) * spreadMs
      const copy = {
        table,
        from: `base_${table}`,
        to: `day_${table}`,
        settles: 'early',
        jitter: true,
      } as const
      await client.command({ query: copyQuery({ ...copy, number, shiftMs }), clickhouse_settings: bulk })
    }
    await client.command({ query: `OPTIMIZE TABLE day_${table} FINAL` })
  }
}

export async function dropTables(client: ClickHouseClient, prefix: 'base' | 'day'): Promise<void> {
  for (const table of tables) await client.command({ query: `DROP TABLE ${prefix}_${table} SYNC` })
}

async function createTables(client: ClickHouseClient, prefix: 'base' | 'day'): Promise<void> {
  for (const table of tables) {
    await client.command({ query: `CREATE TABLE ${prefix}_${table} AS ${table}` })
    await client.command({ query: `ALTER TABLE ${prefix}_${table} REMOVE TTL` })
  }
}
