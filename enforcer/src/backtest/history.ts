/** Stored history by the minute and scope, and the tasks of a range. */
import type { ClickHouseClient } from '@clickhouse/client'
import { scopeDimensions, scopeKey, type Scope, type ScopeDimension } from '@sandglass/schemas/governor/scope'
import { z } from 'zod'
import { columns, minutesQuery } from '../observe/spend-sql.ts'
import type { Rule } from '../rules.ts'
import type { Minute, Range } from './replay.ts'

export interface ScopeHistory {
  readonly scope: Scope
  readonly minutes: readonly Minute[]
}

export interface PastTask {
  readonly context: Scope
  readonly startedMs: number
  readonly finishedMs: number
  readonly outcome: string
}

const ms = z.coerce.number()
const minuteRow = z.looseObject({ minuteMs: ms, amount: z.string(), costUsd: z.string() })
const taskRow = z.looseObject({ startedMs: ms, finishedMs: ms, outcome: z.string() })

export async function readMinutes(
  client: ClickHouseClient,
  tenantId: string,
  rule: Rule,
  range: Range,
): Promise<readonly ScopeHistory[]> {
  const { query, params } = minutesQuery({ tenantId, ...rule, startMs: range.fromMs, endMs: range.toMs })
  const rows = z.array(minuteRow).parse(await select(client, query, params))
  const histories = new Map<string, { readonly scope: Scope; readonly minutes: Minute[] }>()
  for (const row of rows) {
    const scope = scopeOf(row, rule)
    const history = histories.get(scopeKey(scope)) ?? { scope, minutes: [] }
    history.minutes.push({ startMs: row.minuteMs, amount: row.amount, costUsd: row.costUsd })
    histories.set(scopeKey(scope), history)
  }
  return [...histories.values()]
}

/** Dimensions that a task has. */
const taskDimensions = scopeDimensions.filter((dimension) => dimension !== 'model')

export async function readTasks(
  client: ClickHouseClient,
  tenantId: string,
  { fromMs, toMs }: Range,
): Promise<readonly PastTask[]> {
  const query = [
    `SELECT ${taskDimensions.map((dimension) => `${columns[dimension]} AS scope_${dimension}`).join(', ')}, outcome,`,
    '  toUnixTimestamp64Milli(toDateTime64(assumeNotNull(started_at), 3)) AS startedMs,',
    '  toUnixTimestamp64Milli(toDateTime64(ifNull(finished_at, now64(9)), 3)) AS finishedMs',
    'FROM tasks WHERE tenant_id = {tenantId:String} AND started_at IS NOT NULL',
    "  AND started_at < fromUnixTimestamp64Milli({toMs:Int64}, 'UTC')",
    "  AND ifNull(finished_at, now64(9)) > fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')",
  ].join('\n')
  const rows = z.array(taskRow).parse(await select(client, query, { tenantId, fromMs, toMs }))
  return rows.map((row) => ({
    context: Object.fromEntries(taskDimensions.map((dimension) => [dimension, textOf(row, dimension)])),
    startedMs: row.startedMs,
    finishedMs: row.finishedMs,
    outcome: row.outcome,
  }))
}

async function select(
  client: ClickHouseClient,
  query: string,
  params: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const result = await client.query({ query, query_params: { ...params }, format: 'JSONEachRow' })
  return result.json()
}

function scopeOf(row: Readonly<Record<string, unknown>>, rule: Rule): Scope {
  return Object.fromEntries(rule.dimensions.map((dimension) => [dimension, textOf(row, dimension)]))
}

function textOf(row: Readonly<Record<string, unknown>>, dimension: ScopeDimension): string {
  return z.string().parse(row[`scope_${dimension}`])
}
