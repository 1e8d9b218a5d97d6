/**
 * The decision: pure guards, the most severe first. The first that finds something decides, and its name is the reason,
 * the label of the metric and the value of the column. The same inputs give the same decision, always.
 */
import { parseAmount, reaches } from '@sandglass/schemas/budgets/amount'
import { thresholdVerdicts, type ThresholdVerdict } from '@sandglass/schemas/budgets'
import type { Verdict } from '@sandglass/schemas/governor'
import { actionKey } from './action-key.ts'
import {
  severity,
  stricter,
  uniform,
  type Decision,
  type Finding,
  type Inputs,
  type Standing,
} from './decision.ts'

type Guard = (inputs: Inputs) => Finding | undefined

const fromTheWorst = thresholdVerdicts.toReversed()

/** What numbers and data quality say. */
const guards: readonly Guard[] = [
  overLimitForCertain,
  staleTooLong,
  stale,
  ...fromTheWorst.flatMap((verdict) => [
    over(verdict),
    hysteresis(verdict),
    dwell(verdict),
    forecast(verdict),
  ]),
]

/** What people say comes before what numbers say. */
export function decide(inputs: Inputs): Decision {
  const finding = overridden(inputs) ?? paused(inputs) ?? measured(inputs)
  return toDecision(inputs, finding)
}

function measured(inputs: Inputs): Finding {
  for (const guard of guards) {
    const finding = guard(inputs)
    if (finding !== undefined) return finding
  }
  return find('ok', 'within_limit')
}

/** A person lifted the budget for a while. Untrusted sandboxes stay where they are without a second person. */
function overridden(inputs: Inputs): Finding | undefined {
  const { override, nowMs } = inputs
  if (override === null || nowMs >= override.expiresAtMs) return undefined
  const twoPeople = override.approver !== '' && override.approver !== override.actor
  const untrusted = twoPeople ? 'ok' : measured(inputs).tiers.C
  return { verdict: 'ok', reason: 'override_active', tiers: { ...uniform('ok'), C: untrusted } }
}

/** The brake: nothing new until it ends. */
function paused({ pause, nowMs, before }: Inputs): Finding | undefined {
  return pause !== null && nowMs < pause.expiresAtMs ? hold(before, 'paused') : undefined
}

/** Spend that only grows proves an excess however old it is. */
function overLimitForCertain(inputs: Inputs): Finding | undefined {
  const { suspend } = inputs.thresholds
  return suspend !== undefined && inputs.spendOnlyGrows && hasReached(inputs, suspend.enter)
    ? find('suspend', 'spend_over_suspend')
    : undefined
}

/** The stated choice per tier; it never relaxes what was in force. */
function staleTooLong({ spend, staleMs, stale, before }: Inputs): Finding | undefined {
  if (spend !== null && staleMs <= stale.failAfterMs) return undefined
  if (staleMs <= stale.failAfterMs) return hold(before, 'spend_unreadable')
  const tiers = {
    A: stricter(before.tiers.A, stale.tiers.A),
    B: stricter(before.tiers.B, stale.tiers.B),
    C: stricter(before.tiers.C, stale.tiers.C),
  }
  return { verdict: before.verdict, reason: 'stale_failure_mode', tiers }
}

function stale({ staleMs, stale, before }: Inputs): Finding | undefined {
  return staleMs > stale.afterMs ? hold(before, 'stale_hold') : undefined
}

function over(verdict: ThresholdVerdict): Guard {
  return (inputs) => {
    const threshold = inputs.thresholds[verdict]
    return threshold !== undefined && hasReached(inputs, threshold.enter)
      ? find(verdict, `spend_over_${verdict}`)
      : undefined
  }
}

/** A verdict ends only below its exit, not where it began. */
function hysteresis(verdict: ThresholdVerdict): Guard {
  return (inputs) => {
    const threshold = inputs.thresholds[verdict]
    const given = severity(inputs.before.verdict) >= severity(verdict)
    return given && threshold !== undefined && exceeds(inputs, threshold.exit)
      ? find(verdict, 'hysteresis')
      : undefined
  }
}

/** A verdict lasts at least its dwell; a clock that went back does not shorten it. */
function dwell(verdict: ThresholdVerdict): Guard {
  return ({ before, nowMs, dwellMs }) =>
    worst(before) === verdict && nowMs - before.sinceMs < dwellMs ? hold(before, 'dwell') : undefined
}

/** A forecast may warn and throttle, never stop anything. */
function forecast(verdict: ThresholdVerdict): Guard {
  if (verdict !== 'warn' && verdict !== 'throttle') return () => undefined
  return ({ exhaustedInMs, forecastWithin }) => {
    const withinMs = verdict === 'warn' ? forecastWithin.warnMs : forecastWithin.throttleMs
    return exhaustedInMs !== null && withinMs !== null && exhaustedInMs <= withinMs
      ? find(verdict, `forecast_over_${verdict}`)
      : undefined
  }
}

function hasReached(inputs: Inputs, percent: number): boolean {
  return reaches(amount(inputs.spend), amount(inputs.limit), percent)
}

function exceeds({ spend, limit }: Inputs, percent: number): boolean {
  return !reaches(-amount(spend), -amount(limit), percent)
}

const amount = (text: string | null): bigint => parseAmount(text ?? '0') ?? 0n

const find = (verdict: Verdict, reason: string): Finding => ({ verdict, reason, tiers: uniform(verdict) })

const hold = ({ verdict, tiers }: Standing, reason: string): Finding => ({ verdict, reason, tiers })

const worst = ({ verdict, tiers }: Standing): Verdict =>
  stricter(verdict, stricter(tiers.A, stricter(tiers.B, tiers.C)))

function toDecision(inputs: Inputs, finding: Finding): Decision {
  const { before, nowMs } = inputs
  const transition = !sameVerdicts(before, finding)
  const after: Standing = transition
    ? {
        ...finding,
        tiers: { ...finding.tiers },
        sinceMs: nowMs,
        episode: before.episode + 1,
        action: actionKey(inputs, finding),
      }
    : { ...before, reason: finding.reason }
  return { ...finding, after, transition }
}

function sameVerdicts(before: Standing, { verdict, tiers }: Finding): boolean {
  return (
    before.verdict === verdict &&
    before.tiers.A === tiers.A &&
    before.tiers.B === tiers.B &&
    before.tiers.C === tiers.C
  )
}
