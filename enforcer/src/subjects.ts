/** From an observation to the inputs of every decision of a tick. */
import { parseAmount, reaches } from '@sandglass/schemas/budgets/amount'
import { thresholdVerdicts, type Budget } from '@sandglass/schemas/budgets'
import { parseScopeKey, scopeKey, type Scope } from '@sandglass/schemas/governor/scope'
import { initialStanding, type Inputs } from './decision.ts'
import type { Known, Memory, Subject } from './memory.ts'
import { forecastOf, noForecast, type Forecast } from './observe/forecast.ts'
import type { Observation, RuleReading } from './observe/observe.ts'
import type { Rule } from './rules.ts'

/** A subject with what is known of it before this tick's decision. */
export interface Case {
  readonly rule: Rule
  readonly subject: Subject
  readonly scope: Scope
  readonly known: Known | undefined
  readonly inputs: Inputs
}

/** Every subject that spends or was decided on. One that could not possibly change is left out. */
export function casesOf(observation: Observation, memory: Memory): readonly Case[] {
  return observation.readings.flatMap((reading) =>
    scopesOf(reading, memory).flatMap((scope) => {
      const subject = {
        budget: reading.rule.budget.id,
        window: reading.rule.windowId,
        scope: scopeKey(scope),
      }
      const known = memory.of(subject)
      const inputs = inputsOf(observation, reading, subject, known)
      return known === undefined && isQuiet(inputs)
        ? []
        : [{ rule: reading.rule, subject, scope, known, inputs }]
    }),
  )
}

function scopesOf({ rule, reading }: RuleReading, memory: Memory): readonly Scope[] {
  const keys = new Set([
    ...(reading?.spends.keys() ?? []),
    ...memory.ofRule(rule.budget.id, rule.windowId).map(({ subject }) => subject.scope),
    ...(rule.dimensions.every((dimension) => rule.fixed[dimension] !== undefined)
      ? [scopeKey(rule.fixed)]
      : []),
  ])
  return [...keys].flatMap((key) => {
    const scope = parseScopeKey(key)
    return scope !== undefined && belongs(rule, scope) ? [scope] : []
  })
}

/** A decided scope outlives a change of its budget; then it is another budget's no more. */
function belongs(rule: Rule, scope: Scope): boolean {
  const names = Object.keys(scope)
  return (
    names.length === rule.dimensions.length &&
    rule.dimensions.every(
      (dimension) =>
        scope[dimension] !== undefined &&
        (rule.fixed[dimension] === undefined || rule.fixed[dimension] === scope[dimension]),
    )
  )
}

/** Fresh data, nothing near any threshold, nobody asked for anything: the decision is ok as before. */
function isQuiet(inputs: Inputs): boolean {
  const lowest = Math.min(
    ...thresholdVerdicts.map((verdict) => inputs.thresholds[verdict]?.enter ?? Infinity),
  )
  const spend = parseAmount(inputs.spend ?? '')
  return (
    spend !== undefined &&
    inputs.staleMs <= inputs.stale.afterMs &&
    inputs.exhaustedInMs === null &&
    !(Number.isFinite(lowest) && reaches(spend, parseAmount(inputs.limit) ?? 0n, lowest))
  )
}

function inputsOf(
  observation: Observation,
  reading: RuleReading,
  subject: Subject,
  known: Known | undefined,
): Inputs {
  const { rule, bounds } = reading
  const { nowMs, staleMs, watermarkMs, overrides } = observation
  const spend = reading.reading === null ? null : (reading.reading.spends.get(subject.scope)?.amount ?? '0')
  return {
    nowMs,
    ...subject,
    version: rule.version,
    windowStartMs: bounds.startMs,
    windowEndMs: bounds.endMs,
    metric: rule.metric,
    mode: rule.budget.mode,
    spend,
    limit: rule.limit,
    spendOnlyGrows: rule.window.kind !== 'rolling' && rule.window.kind !== 'instant',
    staleMs,
    watermarkMs,
    ...policyOf(rule.budget),
    ...forecastFor(reading, subject.scope, spend, nowMs),
    before: known?.standing ?? initialStanding,
    override: overrides.for(subject.budget, subject.scope),
    pause: overrides.pause,
  }
}

/** What a budget says about its verdicts. */
export function policyOf(
  budget: Budget,
): Pick<Inputs, 'thresholds' | 'dwellMs' | 'stale' | 'forecastWithin'> {
  const thresholds: Inputs['thresholds'] = {}
  for (const verdict of thresholdVerdicts) {
    const threshold = budget.thresholds[verdict]
    if (threshold !== undefined) thresholds[verdict] = threshold
  }
  return {
    thresholds,
    dwellMs: budget.dwell,
    stale: { afterMs: budget.stale.after, failAfterMs: budget.stale.failAfter, tiers: budget.stale.tiers },
    forecastWithin: {
      warnMs: budget.forecast?.warnWithin ?? null,
      throttleMs: budget.forecast?.throttleWithin ?? null,
    },
  }
}

function forecastFor(
  { rule, bounds, recent }: RuleReading,
  scope: string,
  spend: string | null,
  nowMs: number,
): Forecast {
  const settings = rule.budget.forecast
  if (settings === undefined || recent === null || spend === null) return noForecast
  const amountIn = (reading: typeof recent.long): string => reading.spends.get(scope)?.amount ?? '0'
  return forecastOf({
    spend,
    limit: rule.limit,
    nowMs,
    windowEndMs: bounds.endMs,
    long: { amount: amountIn(recent.long), lengthMs: settings.longWindow },
    short: { amount: amountIn(recent.short), lengthMs: settings.shortWindow },
  })
}
