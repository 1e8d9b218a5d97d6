/**
 * What a rule would have done to one scope: the same decisions as live, minute by minute over what was spent. Spend that
 * a suspension would have prevented is saved, and counts toward no later window.
 */
import { parseAmount, renderAmount } from '@sandglass/schemas/budgets/amount'
import { decide } from '../decide.ts'
import { initialStanding, type Inputs, type Standing } from '../decision.ts'
import { boundsOf, type Bounds } from '../observe/window.ts'
import type { Rule } from '../rules.ts'
import { policyOf } from '../subjects.ts'
import { createSlidingSum } from './sliding-sum.ts'

/** What one scope spent in one minute. */
export interface Minute {
  readonly startMs: number
  /** In the unit of the metric, decimal. */
  readonly amount: string
  readonly costUsd: string
}

export interface Turn {
  readonly atMs: number
  readonly from: Standing['verdict']
  readonly to: Standing['verdict']
  readonly reason: string
  /** Spend in the window, decimal. */
  readonly spend: string
}

export interface Replay {
  readonly turns: readonly Turn[]
  /** Suspended spans, end exclusive; the last may end with the range. */
  readonly suspended: readonly { readonly fromMs: number; readonly toMs: number }[]
  /** Decimal, in USD. */
  readonly savedUsd: string
}

export interface Range {
  readonly fromMs: number
  readonly toMs: number
}

const MINUTE_MS = 60_000

/** `minutes` in the order of time. Forecasts are not replayed: they stop nothing. */
export function replay(rule: Rule, scope: string, minutes: readonly Minute[], range: Range): Replay {
  const byStart = new Map(minutes.map((minute) => [minute.startMs, minute]))
  const turns: Turn[] = []
  const suspended: { fromMs: number; toMs: number }[] = []
  const kept = createSlidingSum()
  for (const { startMs, amount } of minutes)
    if (startMs < floor(range.fromMs)) kept.add(startMs, amountOf(amount))
  let standing = initialStanding
  let savedUsd = 0n
  let bounds: Bounds = { startMs: 0, endMs: 0 }
  for (let startMs = floor(range.fromMs); startMs < range.toMs; startMs += MINUTE_MS) {
    const minute = byStart.get(startMs)
    const stopped = standing.verdict === 'suspend'
    if (minute !== undefined && stopped) savedUsd += amountOf(minute.costUsd)
    if (minute !== undefined && !stopped) kept.add(startMs, amountOf(minute.amount))
    // The last minute may be cut by the end of the range.
    const atMs = Math.min(startMs + MINUTE_MS, range.toMs)
    if (bounds.endMs === null || atMs >= bounds.endMs) bounds = boundsOf(rule.window, atMs)
    // A minute that the start cuts counts whole, as live.
    const spend = renderAmount(kept.since(floor(bounds.startMs)))
    const { after, transition } = decide(inputsAt(rule, scope, bounds, standing, spend, atMs))
    if (transition) turns.push(toTurn(standing, after, spend, atMs))
    mark(suspended, standing, after, atMs)
    standing = after
  }
  if (standing.verdict === 'suspend') close(suspended, range.toMs)
  return { turns, suspended, savedUsd: renderAmount(savedUsd) }
}

function mark(
  suspended: { fromMs: number; toMs: number }[],
  before: Standing,
  after: Standing,
  atMs: number,
): void {
  if (before.verdict !== 'suspend' && after.verdict === 'suspend')
    suspended.push({ fromMs: atMs, toMs: atMs })
  if (before.verdict === 'suspend' && after.verdict !== 'suspend') close(suspended, atMs)
}

function close(suspended: { fromMs: number; toMs: number }[], atMs: number): void {
  const last = suspended.at(-1)
  if (last !== undefined) last.toMs = atMs
}

/** History is complete: nothing is stale, nobody overrides, nothing is paused. */
function inputsAt(
  rule: Rule,
  scope: string,
  bounds: Bounds,
  before: Standing,
  spend: string,
  nowMs: number,
): Inputs {
  return {
    nowMs,
    budget: rule.budget.id,
    version: rule.version,
    window: rule.windowId,
    windowStartMs: bounds.startMs,
    windowEndMs: bounds.endMs,
    scope,
    metric: rule.metric,
    mode: rule.budget.mode,
    spend,
    limit: rule.limit,
    spendOnlyGrows: rule.window.kind !== 'rolling',
    staleMs: 0,
    watermarkMs: nowMs,
    ...policyOf(rule.budget),
    exhaustedInMs: null,
    forecast: null,
    before,
    override: null,
    pause: null,
  }
}

const toTurn = (before: Standing, after: Standing, spend: string, atMs: number): Turn => ({
  atMs,
  from: before.verdict,
  to: after.verdict,
  reason: after.reason,
  spend,
})

const amountOf = (text: string): bigint => parseAmount(text) ?? 0n
const floor = (ms: number): number => Math.floor(ms / MINUTE_MS) * MINUTE_MS
