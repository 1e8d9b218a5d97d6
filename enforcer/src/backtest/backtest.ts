/** Replays a budget document over stored history: when it would have acted, what it would have saved, what it would have stopped. */
import type { ClickHouseClient } from '@clickhouse/client'
import type { BudgetDocument } from '@sandglass/schemas/budgets'
import { scopeCovers, scopeKey, type Scope } from '@sandglass/schemas/governor/scope'
import { boundsOf } from '../observe/window.ts'
import { rulesOf, type Rule } from '../rules.ts'
import { readMinutes, readTasks, type PastTask } from './history.ts'
import { replay, type Range, type Turn } from './replay.ts'

export interface BacktestResult {
  readonly budget: string
  readonly window: string
  readonly scope: string
  readonly turns: readonly Turn[]
  readonly suspendedMs: number
  /** Spend that would not have happened, USD, decimal. */
  readonly savedUsd: string
  /** Tasks that ran when their scope would have been suspended, and those of them that succeeded. */
  readonly tasksStopped: number
  readonly successesStopped: number
}

export interface Backtest {
  /** Scopes in which anything would have happened. */
  readonly results: readonly BacktestResult[]
  /** Rules that history cannot answer, with the reason. */
  readonly skipped: readonly { readonly budget: string; readonly window: string; readonly reason: string }[]
}

/** Longest range, in milliseconds: minutes are kept for 62 days. */
export const BACKTEST_MS_MAX = 60 * 86_400_000

/** Throws RangeError for a range that is empty, too long, or not over yet. */
export async function runBacktest(
  client: ClickHouseClient,
  tenantId: string,
  document: BudgetDocument,
  range: Range,
  nowMs: number,
): Promise<Backtest> {
  assertRange(range, nowMs)
  const rules = rulesOf(document)
  const answerable = rules.filter((rule) => reasonToSkip(rule) === undefined)
  const tasks = await readTasks(client, tenantId, range)
  const results: BacktestResult[] = []
  for (const rule of answerable) {
    const startMs = Math.min(range.fromMs, boundsOf(rule.window, range.fromMs).startMs)
    const histories = await readMinutes(client, tenantId, rule, { fromMs: startMs, toMs: range.toMs })
    for (const { scope, minutes } of histories)
      results.push(toResult(rule, scope, replay(rule, scopeKey(scope), minutes, range), tasks))
  }
  return {
    results: results.filter(({ turns }) => turns.length > 0),
    skipped: rules.flatMap((rule) => {
      const reason = reasonToSkip(rule)
      return reason === undefined ? [] : [{ budget: rule.budget.id, window: rule.windowId, reason }]
    }),
  }
}

function assertRange({ fromMs, toMs }: Range, nowMs: number): void {
  const render = (ms: number): string => new Date(ms).toISOString()
  if (toMs <= fromMs) throw new RangeError(`the range ends at ${render(toMs)}, before it begins`)
  if (toMs > nowMs) throw new RangeError(`the range ends at ${render(toMs)}, which is still to come`)
  if (toMs - fromMs > BACKTEST_MS_MAX)
    throw new RangeError(`the range is longer than ${BACKTEST_MS_MAX / 86_400_000} days: ask for less`)
}

function reasonToSkip({ metric, window }: Rule): string | undefined {
  if (metric === 'sandboxes' || metric === 'executions')
    return `the history of ${metric} is not kept by the minute`
  return window.kind === 'lifetime' ? 'a lifetime has no beginning to replay from' : undefined
}

function toResult(
  rule: Rule,
  scope: Scope,
  { turns, suspended, savedUsd }: ReturnType<typeof replay>,
  tasks: readonly PastTask[],
): BacktestResult {
  const stopped = tasks.filter(
    (task) =>
      scopeCovers(scope, task.context) &&
      suspended.some(({ fromMs }) => task.startedMs < fromMs && fromMs < task.finishedMs),
  )
  return {
    budget: rule.budget.id,
    window: rule.windowId,
    scope: scopeKey(scope),
    turns,
    suspendedMs: suspended.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0),
    savedUsd,
    tasksStopped: stopped.length,
    successesStopped: stopped.filter(({ outcome }) => outcome === 'success').length,
  }
}
