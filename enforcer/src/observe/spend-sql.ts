/** Spend by scope as SQL: a pure function of metric, dimensions and bounds. Reads the coarsest table that is exact. */
import type { Metric } from '@sandglass/schemas/budgets'
import type { BudgetWindow } from '@sandglass/schemas/budgets/window'
import type { Scope, ScopeDimension } from '@sandglass/schemas/governor/scope'

export interface SpendQuestion {
  readonly tenantId: string
  readonly metric: Metric
  /** Attributes to sum by, those of `fixed` included. */
  readonly dimensions: readonly ScopeDimension[]
  readonly fixed: Scope
  readonly window: BudgetWindow
  readonly startMs: number
  /** Exclusive; null for no end. */
  readonly endMs: number | null
}

export interface SqlQuery {
  readonly query: string
  readonly params: Readonly<Record<string, string | number>>
}

/** Scopes read per rule; beyond it the largest are, and the cut is counted. */
export const SCOPES_MAX = 50_000

const HOUR_MS = 3_600_000
/** Minutes are kept for 62 days; longer windows are read by the hour. */
const MINUTES_KEPT_MS = 60 * 24 * HOUR_MS

/** Columns of the derived tables by attribute. */
export const columns: Readonly<Record<ScopeDimension, string>> = {
  org: 'tenant_id',
  team: 'team_id',
  cost_center: 'cost_center',
  user: 'user_id',
  agent: 'agent_name',
  model: 'model',
  repository: 'repository_url',
  environment: 'environment',
  class: 'task_class',
  tier: 'trust_tier',
  task: 'task_id',
  sandbox: 'sandbox_id',
}

/** How a metric is summed from charges and their rollups. */
const chargeMeasures: Readonly<Partial<Record<Metric, { readonly sum: string; readonly where: string }>>> = {
  cost: { sum: 'cost_usd', where: '' },
  cpu_seconds: { sum: 'quantity', where: " AND sku = 'container.cpu'" },
  egress: { sum: 'quantity', where: " AND startsWith(sku, 'container.egress.')" },
  storage: { sum: 'quantity', where: " AND sku = 'container.disk'" },
}

/** A source and the condition that keeps a row inside the window. */
interface Source {
  readonly from: string
  readonly value: string
  readonly where: string
}

export function spendQuery(question: SpendQuestion): SqlQuery {
  const source = sourceOf(question)
  const names = question.dimensions.map((dimension) => columns[dimension])
  const fixed = Object.keys(question.fixed).filter(isDimension)
  const conditions = [
    'tenant_id = {tenantId:String}',
    source.where,
    ...fixed.map((dimension) => `${columns[dimension]} = {${dimension}:String}`),
    ...starred(question).map((dimension) => `${columns[dimension]} != ''`),
  ]
  const scope = question.dimensions.map((dimension) => `${columns[dimension]} AS scope_${dimension}`)
  return {
    query: [
      `SELECT ${[...scope, `toString(${source.value}) AS amount`].join(', ')}`,
      `FROM ${source.from}`,
      `WHERE ${conditions.join(' AND ')}`,
      ...(names.length === 0 ? [] : [`GROUP BY ${names.join(', ')}`]),
      `ORDER BY ${source.value} DESC LIMIT ${SCOPES_MAX + 1}`,
    ].join('\n'),
    params: { tenantId: question.tenantId, ...boundParams(question), ...question.fixed },
  }
}

/** Spend by minute and scope, with its cost: the history a budget is replayed over. From the rows, not from a rollup. */
export function minutesQuery(question: SpendQuestion): SqlQuery {
  const tokens = question.metric === 'tokens'
  const measure = chargeMeasures[question.metric] ?? { sum: 'cost_usd', where: '' }
  const time = tokens ? 'time' : 'charge_period_start'
  const amount = tokens ? 'sum(input_tokens + output_tokens)' : `sumIf(${measure.sum}, 1${measure.where})`
  const names = question.dimensions.map((dimension) => columns[dimension])
  const conditions = [
    'tenant_id = {tenantId:String}',
    within(time, question),
    ...Object.keys(question.fixed)
      .filter(isDimension)
      .map((dimension) => `${columns[dimension]} = {${dimension}:String}`),
    ...starred(question).map((dimension) => `${columns[dimension]} != ''`),
  ]
  const scope = question.dimensions.map((dimension) => `${columns[dimension]} AS scope_${dimension}`)
  const minute = `toUnixTimestamp(toStartOfMinute(${time}))`
  return {
    query: [
      `SELECT ${[...scope, `${minute} * 1000 AS minuteMs`, `toString(${amount}) AS amount`].join(', ')},`,
      `  toString(${tokens ? 0 : 'sum(cost_usd)'}) AS costUsd`,
      `FROM ${tokens ? 'inference_usage' : 'charges'} WHERE ${conditions.join(' AND ')}`,
      `GROUP BY ${[...names, minute].join(', ')} ORDER BY minuteMs`,
    ].join('\n'),
    params: { tenantId: question.tenantId, ...boundParams(question), ...question.fixed },
  }
}

function sourceOf(question: SpendQuestion): Source {
  const measure = chargeMeasures[question.metric]
  if (measure !== undefined) return chargesSource(question, measure)
  if (question.metric === 'tokens')
    return {
      from: 'inference_usage',
      value: 'sum(input_tokens + output_tokens)',
      where: within('time', question),
    }
  return question.metric === 'sandboxes' ? liveSandboxes : startedTasks(question)
}

function chargesSource(
  question: SpendQuestion,
  { sum, where }: { readonly sum: string; readonly where: string },
): Source {
  const table = chargesTable(question)
  return { from: table.name, value: `sum(${sum})`, where: `${within(table.time, question)}${where}` }
}

function chargesTable(question: SpendQuestion): { readonly name: string; readonly time: string } {
  const { dimensions, startMs, endMs } = question
  const byWork = dimensions.includes('task') || dimensions.includes('sandbox')
  const unbounded = startMs === 0 && endMs === null
  if (byWork)
    return unbounded && dimensions.every((dimension) => dimension === 'task' || dimension === 'org')
      ? { name: 'spend_by_task', time: '' }
      : { name: 'charges', time: 'charge_period_start' }
  const wholeHours = startMs % HOUR_MS === 0 && (endMs ?? 0) % HOUR_MS === 0
  return wholeHours || lengthMs(question) > MINUTES_KEPT_MS
    ? { name: 'spend_by_hour', time: 'hour' }
    : { name: 'spend_by_minute', time: 'minute' }
}

function lengthMs({ window, startMs, endMs }: SpendQuestion): number {
  if (window.kind === 'rolling') return window.length
  return endMs === null ? Number.POSITIVE_INFINITY : endMs - startMs
}

/** Bounds are inclusive of the bucket that holds the start: an amount is never understated. */
function within(time: string, { startMs, endMs }: SpendQuestion): string {
  if (time === '') return '1'
  const conditions = [
    ...(startMs === 0 ? [] : [`${time} >= ${floorOf(time)}`]),
    ...(endMs === null ? [] : [`${time} < fromUnixTimestamp64Milli({endMs:Int64}, 'UTC')`]),
  ]
  return conditions.length === 0 ? '1' : conditions.join(' AND ')
}

function floorOf(time: string): string {
  const start = "fromUnixTimestamp64Milli({startMs:Int64}, 'UTC')"
  if (time === 'hour') return `toStartOfHour(${start})`
  return time === 'minute' ? `toStartOfMinute(${start})` : start
}

const liveSandboxes: Source = {
  from: 'sandboxes',
  value: 'count()',
  where: 'live AND last_seen_at > now() - INTERVAL 1 DAY',
}

/** Tasks by their start; weeks before the window hold none that began in it. */
function startedTasks({ startMs, endMs }: SpendQuestion): Source {
  const context = [
    'team_id',
    'cost_center',
    'user_id',
    'agent_name',
    'task_class',
    'trust_tier',
    'sandbox_id',
  ]
  const all = [...context, 'repository_url', 'environment']
  const started = [
    'began IS NOT NULL',
    ...(startMs === 0 ? [] : ["began >= fromUnixTimestamp64Milli({startMs:Int64}, 'UTC')"]),
    ...(endMs === null ? [] : ["began < fromUnixTimestamp64Milli({endMs:Int64}, 'UTC')"]),
  ]
  const weeks = startMs === 0 ? '' : " AND week >= toMonday(fromUnixTimestamp64Milli({startMs:Int64}, 'UTC'))"
  return {
    from: [
      '(SELECT tenant_id, task_id, min(t.started_at) AS began,',
      `  ${all.map((name) => `max(t.${name}) AS ${name}`).join(', ')}`,
      `FROM task_states AS t WHERE tenant_id = {tenantId:String}${weeks} GROUP BY tenant_id, task_id)`,
    ].join('\n'),
    value: 'count()',
    where: started.join(' AND '),
  }
}

function boundParams({ metric, startMs, endMs }: SpendQuestion): Record<string, number> {
  if (metric === 'sandboxes') return {}
  return { ...(startMs === 0 ? {} : { startMs }), ...(endMs === null ? {} : { endMs }) }
}

function isDimension(name: string): name is ScopeDimension {
  return Object.hasOwn(columns, name)
}

const starred = ({ dimensions, fixed }: SpendQuestion): readonly ScopeDimension[] =>
  dimensions.filter((dimension) => fixed[dimension] === undefined)
