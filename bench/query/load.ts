/**
 * Fills an empty migrated database with history: some hours from the generator, of these a day, of that day the others. Every row
 * of the copies goes through every view, as if a collector had sent it: nothing derived is written directly.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import type { CollectorTable } from '@sandglass/schemas/tables'
import type { Copy } from './amplify.ts'
import { dropTables, generateBase, spreadDay, tables } from './base.ts'
import { runCopies } from './run-copies.ts'

export interface LoadOptions {
  readonly client: ClickHouseClient
  readonly seed: number
  readonly spans: number
  /** Spans that the generator makes at most; the rest are copies. */
  readonly baseSpans: number
  /** The history ends here. */
  readonly endMs: number
  /** Days it covers. */
  readonly days: number
  readonly onProgress?: (text: string) => void
}

export interface Loaded {
  readonly spans: number
  /** Time of the inserts that the views take part in. */
  readonly seconds: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const BASE_MS = 6 * HOUR_MS
/** The longest life of a sandbox reaches this far past the base. */
const TAIL_MS = 5 * HOUR_MS
/** Partitions with fewer rows are copied together with others: an insert through all views costs a tenth of a second. */
const PARTITION_ROWS_MIN = 200_000

export async function load(options: LoadOptions): Promise<Loaded> {
  const { copies, spans } = await plan(options)
  const startedMs = performance.now()
  await runCopies(options.client, copies, (share) => {
    const perSecond = Math.round((share * spans * 1000) / (performance.now() - startedMs))
    options.onProgress?.(`loaded ${Math.round(share * 100)} % of ${spans} spans, ${perSecond} a second`)
  })
  const seconds = (performance.now() - startedMs) / 1000
  await dropTables(options.client, 'day')
  return { spans, seconds }
}

interface Plan {
  readonly spans: number
  readonly copies: readonly Copy[]
}

/** A day of the size asked for, and as many copies of it as there are days. */
async function plan({ client, seed, spans, baseSpans, endMs, days, onProgress }: LoadOptions): Promise<Plan> {
  const perDay = Math.ceil(spans / days)
  const count = Math.ceil(perDay / baseSpans)
  const startMs = endMs - DAY_MS
  onProgress?.(`generating ${Math.ceil(perDay / count)} spans`)
  const base = await generateBase({
    client,
    seed,
    spans: Math.ceil(perDay / count),
    startMs,
    durationMs: BASE_MS,
  })
  onProgress?.(`spreading ${count} copies over a day`)
  await spreadDay(client, count, DAY_MS - BASE_MS - TAIL_MS)
  await dropTables(client, 'base')
  const groups = await Promise.all(tables.map(async (table) => groupsOf(client, table)))
  // Newest first: what is loaded can be asked while the rest follows.
  const copies = Array.from({ length: days }, (_, number) => {
    const shiftMs = -number * DAY_MS
    return groups.flat().map(({ table, partitionIds }): Copy => {
      const copy = { table, from: `day_${table}`, to: table, settles: 'late', jitter: false } as const
      return { ...copy, partitionIds, number, shiftMs }
    })
  })
  return { copies: copies.flat(), spans: days * count * base.otel_traces }
}

/** Large partitions by themselves: their rows lie in order already and stay in one part. */
async function groupsOf(
  client: ClickHouseClient,
  table: CollectorTable,
): Promise<readonly { readonly table: CollectorTable; readonly partitionIds: readonly string[] }[]> {
  const result = await client.query({
    query: `SELECT partition_id AS id, sum(rows) >= ${PARTITION_ROWS_MIN} AS alone FROM system.parts
      WHERE active AND database = currentDatabase() AND table = 'day_${table}' GROUP BY id ORDER BY id`,
    format: 'JSONEachRow',
  })
  const partitions = await result.json<{ id: string; alone: number }>()
  const alone = partitions.filter((partition) => partition.alone === 1).map(({ id }) => [id])
  const rest = partitions.filter((partition) => partition.alone === 0).map(({ id }) => id)
  return [...alone, ...(rest.length > 0 ? [rest] : [])].map((partitionIds) => ({ table, partitionIds }))
}
