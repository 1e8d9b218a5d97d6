/** Holds what ClickHouse has against what clients were promised. */
import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import type { Ledger, Ledgers } from './client.ts'

export interface Verification {
  /** Rows of the base tables. */
  readonly stored: number
  /** Acknowledged records that are not stored. */
  readonly lost: number
  /** Rows that are stored more than once. */
  readonly duplicated: number
  /** Rollups that differ from the base tables they are made of. */
  readonly rollupMismatch: readonly string[]
}

/** Rows of every batch, and how many different records they are. */
const BATCHES: Readonly<Record<keyof Ledgers, string>> = {
  traces: `SELECT substring(SpanId, 1, 12) AS batch, toUInt32(count()) AS rows, toUInt32(uniqExact(SpanId)) AS distinct
    FROM otel_traces GROUP BY batch`,
  logs: `SELECT SandboxId AS batch, toUInt32(count()) AS rows,
      toUInt32(uniqExact(LogAttributesRest['sandbox.usage.sequence'])) AS distinct
    FROM otel_logs GROUP BY batch`,
  metrics: `SELECT Attributes['batch'] AS batch, toUInt32(count()) AS rows,
      toUInt32(uniqExact(Attributes['record'])) AS distinct
    FROM otel_metrics_sum GROUP BY batch`,
}

const batchSchema = z.array(z.object({ batch: z.string(), rows: z.int(), distinct: z.int() }))

export async function verify(client: ClickHouseClient, ledgers: Ledgers): Promise<Verification> {
  const base = [
    await compare(client, BATCHES.traces, ledgers.traces),
    await compare(client, BATCHES.logs, ledgers.logs),
    await compare(client, BATCHES.metrics, ledgers.metrics),
  ]
  const sum = (pick: (one: BaseVerification) => number): number => base.reduce((n, one) => n + pick(one), 0)
  return {
    stored: sum(({ stored }) => stored),
    lost: sum(({ lost }) => lost),
    duplicated: sum(({ duplicated }) => duplicated),
    rollupMismatch: await compareRollups(client),
  }
}

interface BaseVerification {
  readonly stored: number
  readonly lost: number
  readonly duplicated: number
}

async function compare(client: ClickHouseClient, query: string, acked: Ledger): Promise<BaseVerification> {
  const result = await client.query({ query, format: 'JSONEachRow' })
  const batches = new Map(batchSchema.parse(await result.json()).map((row) => [row.batch, row]))
  let lost = 0
  for (const [batch, count] of acked) lost += Math.max(0, count - (batches.get(batch)?.distinct ?? 0))
  const rows = [...batches.values()]
  return {
    stored: rows.reduce((sum, row) => sum + row.rows, 0),
    duplicated: rows.reduce((sum, row) => sum + row.rows - row.distinct, 0),
    lost,
  }
}

/** Pairs that must be equal to the last digit: what a base table says, and what a table derived from it says. */
const ROLLUPS: readonly (readonly [name: string, base: string, derived: string])[] = [
  [
    'usage_intervals',
    `SELECT toString(count()) FROM otel_logs WHERE EventName = 'sandbox.usage.measured'`,
    'SELECT toString(count()) FROM usage_intervals',
  ],
  [
    'usage_by_hour',
    'SELECT toString((count(), sum(toDecimal128(cpu_s, 6)))) FROM usage_intervals',
    'SELECT toString((sum(intervals), sum(cpu_s))) FROM usage_by_hour',
  ],
  [
    'tool_edges',
    'SELECT toString((count(), uniqExact(SpanId))) FROM otel_traces',
    'SELECT toString((count(), uniqExact(span_id))) FROM tool_edges',
  ],
  [
    'sandbox_states',
    'SELECT toString(uniqExact(SandboxId)) FROM otel_logs',
    'SELECT toString(uniqExact(sandbox_id)) FROM sandbox_states',
  ],
  [
    'charges',
    'SELECT toString(sum(arraySum(`Charges.CostUsd`))) FROM otel_logs',
    'SELECT toString(sum(cost_usd)) FROM charges',
  ],
  ...['spend_by_minute', 'spend_by_hour', 'spend_by_day', 'spend_by_task', 'spend_by_sandbox'].map(
    (table) =>
      [
        table,
        'SELECT toString(sum(cost_usd)) FROM charges',
        `SELECT toString(sum(cost_usd)) FROM ${table}`,
      ] as const,
  ),
]

async function compareRollups(client: ClickHouseClient): Promise<readonly string[]> {
  const different: string[] = []
  for (const [name, base, derived] of ROLLUPS) {
    const [expected, found] = [await selectText(client, base), await selectText(client, derived)]
    if (expected !== found) different.push(`${name}: ${found} instead of ${expected}`)
  }
  return different
}

async function selectText(client: ClickHouseClient, query: string): Promise<string> {
  const result = await client.query({ query, format: 'JSONCompactEachRow' })
  const [row] = z.array(z.tuple([z.string()])).parse(await result.json())
  return row?.[0] ?? ''
}
