/** Fills an empty migrated database with history: the base from the generator, the rest as copies of it. */
import type { ClickHouseClient } from '@clickhouse/client'
import { openPriceBook, priceBookSchema } from '@sandglass/schemas/price-book'
import type { CollectorTable } from '@sandglass/schemas/tables'
import { logRow, spanRow, type Row } from '@sandglass/schemas/testing/rows'
import { history } from '../history/history.ts'
import { amplifyQuery } from './amplify.ts'

export interface LoadOptions {
  readonly client: ClickHouseClient
  readonly seed: number
  readonly spans: number
  /** Spans that the generator makes; the rest are copies. */
  readonly baseSpans: number
  /** The history ends here. */
  readonly endMs: number
  /** Days it covers; 0: all copies lie over the base. */
  readonly days: number
  readonly onProgress?: (spans: number) => void
}

export interface Loaded {
  readonly spans: number
  readonly seconds: number
}

const HOUR_MS = 3_600_000
const BASE_MS = 6 * HOUR_MS
/** The longest life of a sandbox reaches this far past the base. */
const TAIL_MS = 5 * HOUR_MS
/** Rows of one request with base rows, and of one insert of copies. */
const BASE_ROWS = 5_000
const COPY_ROWS = 1_000_000

const tables = ['otel_logs', 'otel_traces'] as const

const priceBook = openPriceBook(
  priceBookSchema.parse({
    version: 'models-2026-11',
    models: [
      {
        model: 'opus-*',
        effectiveFrom: '2026-01-01',
        inputPerMillion: '5',
        cachedInputPerMillion: '0.5',
        outputPerMillion: '25',
      },
      {
        model: 'sonnet-*',
        effectiveFrom: '2026-01-01',
        inputPerMillion: '3',
        cachedInputPerMillion: '0.3',
        outputPerMillion: '15',
      },
      {
        model: 'haiku-*',
        effectiveFrom: '2026-01-01',
        inputPerMillion: '1',
        cachedInputPerMillion: '0.1',
        outputPerMillion: '5',
      },
    ],
  }),
)

/** Seconds are those of the inserts that the views take part in. */
export async function load(options: LoadOptions): Promise<Loaded> {
  const base = await loadBase(options)
  const copies = Math.max(1, Math.round(options.spans / base.otel_traces))
  const spanMs = options.days * 24 * HOUR_MS - BASE_MS - TAIL_MS
  const shiftMs = copies === 1 || options.days === 0 ? 0 : spanMs / (copies - 1)
  const startedMs = performance.now()
  for (const table of tables) await copyTable(options, table, base[table], { copies, shiftMs })
  const seconds = (performance.now() - startedMs) / 1000
  for (const table of tables) await options.client.command({ query: `DROP TABLE base_${table}` })
  return { spans: copies * base.otel_traces, seconds }
}

async function loadBase(options: LoadOptions): Promise<Readonly<Record<CollectorTable, number>>> {
  const { client, seed, baseSpans, endMs, days } = options
  for (const table of tables) {
    await client.command({ query: `CREATE TABLE base_${table} AS ${table}` })
    await client.command({ query: `ALTER TABLE base_${table} REMOVE TTL` })
  }
  const startMs = endMs - (days === 0 ? BASE_MS + TAIL_MS : days * 24 * HOUR_MS)
  const buffers = { otel_logs: [] as Row[], otel_traces: [] as Row[] }
  const counts = { otel_logs: 0, otel_traces: 0 }
  const flush = async (table: CollectorTable): Promise<void> => {
    const values = buffers[table].splice(0)
    counts[table] += values.length
    await client.insert({ table: `base_${table}`, values, format: 'JSONEachRow' })
  }
  for (const batch of history({
    seed,
    spans: Math.min(baseSpans, options.spans),
    startMs,
    durationMs: BASE_MS,
  })) {
    buffers.otel_traces.push(...batch.spans.map(spanRow))
    buffers.otel_logs.push(...batch.events.map((facts) => logRow(facts, priceBook)))
    for (const table of tables) if (buffers[table].length >= BASE_ROWS) await flush(table)
  }
  for (const table of tables) await flush(table)
  return counts
}

async function copyTable(
  { client, onProgress }: LoadOptions,
  table: CollectorTable,
  baseRows: number,
  { copies, shiftMs }: { readonly copies: number; readonly shiftMs: number },
): Promise<void> {
  const step = Math.max(1, Math.floor(COPY_ROWS / baseRows))
  for (let from = 0; from < copies; from += step) {
    const count = Math.min(step, copies - from)
    await client.command({ query: amplifyQuery(table, { from, count, shiftMs }), clickhouse_settings: bulk })
    if (table === 'otel_traces') onProgress?.((from + count) * baseRows)
  }
}

/** Blocks as large as a collector's segments, without the memory of tokens: nothing is resent here. */
const bulk = {
  insert_deduplicate: 0,
  max_insert_threads: '1',
  max_threads: 2,
  min_insert_block_size_rows: '1000000',
  min_insert_block_size_bytes: '0',
  max_partitions_per_insert_block: '0',
} as const
