/** What follows from decisions and observations beside suspending: notifications, shadow records, ends of overrides, metrics. */
import { scopeCovers } from '@sandglass/schemas/governor/scope'
import type { Notify, Crossing } from './actions/notify.ts'
import { renderCrossing } from './actions/notify.ts'
import type { Outcome } from './actions/runner.ts'
import { severity } from './decision.ts'
import type { Log } from './log.ts'
import type { Observation } from './observe/observe.ts'
import { contextOf, verdictFor, type Ruling } from './plan.ts'
import { toActionEvent, toExpiryEvent, toNotifyEvent, toWouldEvent } from './record/action-event.ts'
import type { DecisionLog, Decided } from './record/decision-log.ts'
import type { OtlpEvent } from './record/otlp.ts'
import type { Recorder } from './record/recorder.ts'
import type { Telemetry } from './telemetry.ts'

export interface EffectParts {
  readonly tenantId: string
  readonly recorder: Recorder
  readonly decisions: DecisionLog
  readonly notify: Notify | undefined
  readonly telemetry: Telemetry
  readonly log: Log
  readonly now: () => number
}

/** Sandboxes named per decision of a budget in shadow mode. */
const WOULD_MAX = 100
/** Ends of overrides remembered as recorded. */
const ENDED_MAX = 10_000

export interface Effects {
  readonly onDecided: (decided: Decided, observation: Observation) => void
  readonly onObserved: (observation: Observation) => void
  readonly onOutcome: (outcome: Outcome) => void
  /** Resolves when every notification was told and every event taken was sent once. */
  readonly settled: () => Promise<void>
}

export function createEffects(parts: EffectParts): Effects {
  const underWay = new Set<Promise<unknown>>()
  const ended = new Set<string>()
  let unreadable: ReadonlySet<string> = new Set()
  const follow = (work: Promise<unknown>): void => {
    const tracked = work.catch((error: unknown) =>
      parts.log('error', 'a record failed', { cause: String(error) }),
    )
    underWay.add(tracked)
    void tracked.finally(() => underWay.delete(tracked))
  }
  const store = (events: readonly OtlpEvent[]): void => {
    if (events.length > 0) follow(parts.recorder.store(events))
  }
  return {
    onDecided(decided, observation) {
      countDecision(parts, decided)
      if (!decided.decision.transition) return
      if (isCrossing(decided)) follow(tell(parts, decided))
      if (decided.case.inputs.mode === 'shadow') store(wouldEvents(parts, decided, observation))
    },
    onObserved(observation) {
      reportObservation(parts, observation)
      for (const { what, cause } of observation.failures)
        if (!unreadable.has(what)) parts.log('warn', `cannot read ${what}`, { cause })
      unreadable = new Set(observation.failures.map(({ what }) => what))
      const fresh = observation.overrides.expired.filter(({ id }) => !ended.has(id))
      for (const { id } of fresh) ended.add(id)
      if (ended.size > ENDED_MAX) ended.clear()
      store(fresh.map(({ id, scope }) => toExpiryEvent(id, scope, observation.nowMs)))
    },
    onOutcome(outcome) {
      const { action, result, error } = outcome
      parts.telemetry.add('sandglass_enforcer_actions_total', { action: action.kind, result })
      if (error !== undefined)
        parts.log('warn', `${action.kind} failed`, { budget: action.ruling.subject.budget, ...error })
      store([toActionEvent(outcome, parts.decisions.enforcerId, parts.now())])
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}

function countDecision(
  { telemetry, log }: EffectParts,
  { case: { inputs }, decision, decisionId }: Decided,
): void {
  const { verdict, reason } = decision
  telemetry.add('sandglass_enforcer_decisions_total', { verdict, reason, mode: inputs.mode })
  const { budget, window, scope, spend, limit } = inputs
  log('info', `${inputs.before.verdict} → ${verdict}`, {
    reason,
    budget,
    window,
    scope,
    spend,
    limit,
    decisionId,
  })
}

/** Told once: getting worse from warn on, and being free again. */
function isCrossing({ case: { inputs }, decision }: Decided): boolean {
  const [from, to] = [severity(inputs.before.verdict), severity(decision.verdict)]
  return to > from || (to === 0 && from > 0)
}

async function tell(parts: EffectParts, decided: Decided): Promise<void> {
  const crossing = crossingOf(decided)
  parts.log('warn', renderCrossing(crossing), { decisionId: crossing.decisionId })
  let failed: string | undefined
  try {
    await parts.notify?.(crossing)
  } catch (error) {
    failed = String(error)
  }
  const { mode } = decided.case.inputs
  parts.telemetry.add('sandglass_enforcer_actions_total', {
    action: 'notify',
    result: failed === undefined ? 'applied' : 'failed',
  })
  await parts.recorder.store([toNotifyEvent(crossing, mode, failed, parts.decisions.enforcerId, parts.now())])
}

function crossingOf({ case: { inputs, subject }, decision, decisionId }: Decided): Crossing {
  const { spend, limit, metric, nowMs, before } = inputs
  return {
    id: decision.after.action,
    subject,
    from: before.verdict,
    to: decision.verdict,
    reason: decision.reason,
    decisionId,
    spend,
    limit,
    metric,
    timeMs: nowMs,
  }
}

function wouldEvents(
  parts: EffectParts,
  decided: Decided,
  { sandboxes, nowMs }: Observation,
): readonly OtlpEvent[] {
  const { rule, subject, scope, inputs } = decided.case
  const { windowEndMs, override } = inputs
  const { decisionId } = decided
  const ruling: Ruling = {
    rule,
    subject,
    scope,
    standing: decided.decision.after,
    decisionId,
    windowEndMs,
    override,
  }
  return sandboxes
    .filter((sandbox) => sandbox.live && scopeCovers(scope, contextOf(sandbox, parts.tenantId)))
    .filter((sandbox) => verdictFor(ruling.standing, sandbox.tier) === 'suspend')
    .slice(0, WOULD_MAX)
    .map(({ sandbox }) => toWouldEvent(ruling, sandbox, parts.decisions.enforcerId, nowMs))
}

function reportObservation({ telemetry }: EffectParts, observation: Observation): void {
  const { staleMs, overrides, failures, readings } = observation
  telemetry.set('sandglass_enforcer_watermark_age_seconds', staleMs / 1000)
  telemetry.set('sandglass_enforcer_paused', overrides.pause === null ? 0 : 1)
  telemetry.set('sandglass_enforcer_overrides_ignored', overrides.ignored)
  telemetry.set(
    'sandglass_enforcer_scopes_cut',
    readings.filter(({ reading }) => reading?.cut === true).length,
  )
  for (const { what } of failures)
    telemetry.add('sandglass_enforcer_observe_failures_total', { source: what })
}
