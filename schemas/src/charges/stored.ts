/** What corrections are computed from: queries over stored charges, and their rows as charges. */
import { DECIMAL_DIGITS, parseDecimal } from '../money.ts'
import type { ChargeContext, IntervalShares, StoredCharge } from './correct.ts'

/** Parameters: tenant, fromMs and toMs (to exclusive), sku (a prefix; empty for all). Charges of periods that have ended. */
const scope = `tenant_id = {tenant:String}
  AND charge_period_start >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')
  AND charge_period_start < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')
  AND charge_period_end < now64(3)
  AND startsWith(sku, {sku:String})`

const contextColumns: Readonly<Record<keyof ChargeContext, string>> = {
  teamId: 'team_id',
  costCenter: 'cost_center',
  userId: 'user_id',
  sandboxId: 'sandbox_id',
  instanceType: 'instance_type',
  region: 'region',
  environment: 'environment',
  taskId: 'task_id',
  taskClass: 'task_class',
  tier: 'trust_tier',
  agentName: 'agent_name',
  isRetry: 'is_retry',
  repositoryUrl: 'repository_url',
  promptId: 'prompt_id',
  model: 'model',
}

const keys = ['id', ...Object.values(contextColumns), 'start_ms', 'end_ms', 'sku', 'unit'].join(', ')

/** One row per charge id, context and period: all that was ever stored under it. */
export const storedChargesQuery = `SELECT
  if(kind = 'correction', source_key, lower(hex(sipHash128(tenant_id, source_key, task_id, sku)))) AS id,
  ${Object.values(contextColumns).join(', ')},
  toString(toUnixTimestamp64Milli(charge_period_start)) AS start_ms,
  toString(toUnixTimestamp64Milli(charge_period_end)) AS end_ms,
  sku,
  unit,
  anyIf(c.kind, c.kind != 'correction') AS base_kind,
  anyIf(c.source_key, c.kind != 'correction') AS base_source,
  anyIf(c.price_version, c.kind != 'correction') AS base_version,
  arrayMap(q -> toString(q), arraySort(groupArrayIf(c.quantity, c.kind != 'correction'))) AS quantities,
  toString(sum(c.quantity)) AS quantity_now,
  toString(sum(c.cost_usd)) AS cost_now
FROM charges AS c
WHERE ${scope}
GROUP BY ${keys}
ORDER BY ${keys}`

export interface StoredChargeRow {
  readonly id: string
  readonly start_ms: string
  readonly end_ms: string
  readonly sku: string
  readonly unit: string
  readonly base_kind: string
  readonly base_source: string
  readonly base_version: string
  readonly quantities: readonly string[]
  readonly quantity_now: string
  readonly cost_now: string
  readonly [column: string]: unknown
}

export function toStoredCharge(row: StoredChargeRow): StoredCharge {
  return {
    chargeId: row.id,
    context: toContext(row),
    startMs: Number(row.start_ms),
    endMs: Number(row.end_ms),
    sku: row.sku,
    unit: row.unit,
    kind: row.base_kind,
    source: row.base_source,
    priceVersion: row.base_version,
    quantities: row.quantities.map(decimal),
    quantity: decimal(row.quantity_now),
    costUsd: decimal(row.cost_now),
  }
}

const decimal = (text: string): bigint => parseDecimal(text, DECIMAL_DIGITS)

function toContext(row: StoredChargeRow): ChargeContext {
  const text = (key: keyof ChargeContext): string => {
    const value = row[contextColumns[key]]
    return typeof value === 'string' ? value : ''
  }
  return {
    teamId: text('teamId'),
    costCenter: text('costCenter'),
    userId: text('userId'),
    sandboxId: text('sandboxId'),
    instanceType: text('instanceType'),
    region: text('region'),
    environment: text('environment'),
    taskId: text('taskId'),
    taskClass: text('taskClass'),
    tier: text('tier'),
    agentName: text('agentName'),
    isRetry: row[contextColumns.isRetry] === true,
    repositoryUrl: text('repositoryUrl'),
    promptId: text('promptId'),
    model: text('model'),
  }
}

/** Shares of intervals with several tasks, kept as long as audit data. Parameters: tenant, fromMs, toMs. */
export const intervalSharesQuery = `SELECT
  concat(sandbox_id, '/', toString(generation), '/', toString(sequence)) AS source,
  any(u.task_ids) AS task_ids,
  any(u.task_cpu_s) AS cpu_times
FROM usage_intervals AS u
WHERE tenant_id = {tenant:String} AND length(u.task_ids) > 1
  AND interval_start >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')
  AND interval_start < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')
GROUP BY source`

export interface IntervalSharesRow {
  readonly source: string
  readonly task_ids: readonly string[]
  readonly cpu_times: readonly number[]
}

export const toShares = (row: IntervalSharesRow): readonly [string, IntervalShares] => [
  row.source,
  { taskIds: row.task_ids, cpuTimes: row.cpu_times },
]

/** Providers of answers: charges do not carry them. Parameters: tenant, fromMs, toMs. */
export const providersQuery = `SELECT
  if(response_id != '', response_id, concat(trace_id, '/', span_id)) AS source,
  any(i.provider) AS provider
FROM inference_usage AS i
WHERE tenant_id = {tenant:String} AND i.provider != ''
  AND time >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')
  AND time < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')
GROUP BY source`
