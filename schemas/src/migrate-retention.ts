/** How long rows are kept: classes of tables, their days, and the statements that make it so. A legal hold keeps everything. */
import { z } from 'zod'
import { metricKinds } from './metric-tables.ts'
import type { Deployment } from './migrate-render.ts'

/** Days per class; what the migrations set is the default. */
export const retentionSchema = z.strictObject({
  /** Spans, logs and metrics as they came. */
  rawDays: z.int().min(1).max(3650).default(30),
  /** Everything derived that answers who did what. */
  auditDays: z.int().min(1).max(3650).default(400),
  /** Nothing expires while it is true. */
  legalHold: z.boolean().default(false),
})

export type Retention = z.infer<typeof retentionSchema>

/** Time column of each table by class; spend keeps its 25 months, which tax and contracts ask for. */
const timeColumns = {
  raw: {
    otel_traces: 'toDateTime(Timestamp)',
    otel_logs: 'toDateTime(Timestamp)',
    otel_traces_trace_id_ts: 'Start',
    ...Object.fromEntries(metricKinds.map((kind) => [`otel_metrics_${kind}`, 'toDateTime(TimeUnix)'])),
  },
  audit: Object.fromEntries(
    [
      'admissions',
      'artifacts',
      'audit_links',
      'budget_actions',
      'budget_decisions',
      'budget_ledger',
      'budget_overrides',
      'cache_events',
      'changes',
      'config_changes',
      'debug_events',
      'egress_requests',
      'file_mutations',
      'inference_usage',
      'lifecycle_events',
      'lineage',
      'policy_events',
      'secret_accesses',
      'snapshots',
      'tool_edges',
      'usage_intervals',
    ].map((table) => [table, 'toDateTime(time)']),
  ),
} as const

/** 50 years. A DateTime ends in 2106, and a sum past its end begins again in 1970: a hundred years would delete all at once. */
const HOLD_DAYS = 18_250

/**
 * ALTER statements, one per table; they may run again. Parts remember when they expire, so each waits until the parts that exist
 * know the new time: a hold that only new parts know would lose the old ones. Only that memory is rewritten, never the rows.
 */
export function renderRetention(retention: Retention, deployment: Deployment): readonly string[] {
  const days = { raw: retention.rawDays, audit: retention.auditDays }
  return (['raw', 'audit'] as const).flatMap((kind) =>
    Object.entries(timeColumns[kind]).map(
      ([table, time]) =>
        `ALTER TABLE ${placeOf(table, deployment)} MODIFY TTL ${time} + toIntervalDay(${retention.legalHold ? HOLD_DAYS : days[kind]}) ` +
        'SETTINGS mutations_sync = 2',
    ),
  )
}

const placeOf = (table: string, deployment: Deployment): string =>
  deployment.kind === 'single'
    ? table
    : `${deployment.localDatabase}.${table} ON CLUSTER '${deployment.cluster}'`
