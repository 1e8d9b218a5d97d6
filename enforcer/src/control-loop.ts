/**
 * The control loop: observe → decide → record → act. A decision is stored before anything is done about it, and what is
 * done is made anew each tick from the standings in force, so that whatever was lost on the way heals by itself.
 */
import type { BudgetDocument } from '@sandglass/schemas/budgets'
import type { Runner } from './actions/runner.ts'
import { decide } from './decide.ts'
import type { Decision } from './decision.ts'
import { idleCases } from './idle.ts'
import type { Log } from './log.ts'
import { observe, type LastAnswers, type Observation, type Sights } from './observe/observe.ts'
import { plan, type Plan, type Ruling } from './plan.ts'
import { NotRecordedError, type DecisionLog, type Decided } from './record/decision-log.ts'
import type { Rule } from './rules.ts'
import { casesOf, type Case } from './subjects.ts'
import type { Telemetry } from './telemetry.ts'

export interface LoopParts {
  readonly tenantId: string
  /** The budgets in force. */
  readonly budgets: () => { readonly document: BudgetDocument; readonly rules: readonly Rule[] }
  readonly sights: Sights
  readonly last: LastAnswers
  readonly decisions: DecisionLog
  /** Absent without a governor: then nothing is stopped. */
  readonly runner: Runner | undefined
  /** Told of every stored decision: notifications, shadow records, metrics. */
  readonly onDecided: (decided: Decided, observation: Observation) => void
  /** Told of every observation: ends of overrides, metrics. */
  readonly onObserved: (observation: Observation) => void
  readonly telemetry: Telemetry
  readonly log: Log
}

export async function tick(parts: LoopParts): Promise<void> {
  const { document, rules } = parts.budgets()
  const observation = await observe(parts.sights, parts.last, document, rules)
  parts.onObserved(observation)
  const { memory } = parts.sights
  const cases = [...casesOf(observation, memory), ...idleCases(observation, memory, document)]
  await record(parts, cases, observation)
  act(parts, cases, observation)
}

/** What an earlier tick decided and could not store comes first; until it is stored nothing new is decided. */
async function record(parts: LoopParts, cases: readonly Case[], observation: Observation): Promise<void> {
  try {
    const stored =
      parts.decisions.waiting > 0
        ? await parts.decisions.retry()
        : await parts.decisions.store(cases.map(decided).filter(isNews))
    for (const decision of stored) commit(parts, decision, observation)
  } catch (error) {
    if (!(error instanceof NotRecordedError)) throw error
    parts.telemetry.add('sandglass_enforcer_record_failures_total')
    parts.log('warn', 'decisions are not recorded: nothing is done about them', { cause: error.message })
  }
}

const decided = (subjectCase: Case) => ({ case: subjectCase, decision: decide(subjectCase.inputs) })

/** Reasons worth a record although the verdict stays: whoever asks why nothing happened finds them. */
const notable: ReadonlySet<string> = new Set([
  'override_active',
  'paused',
  'spend_unreadable',
  'stale_hold',
  'stale_failure_mode',
])

function isNews({
  case: { known },
  decision,
}: {
  readonly case: Case
  readonly decision: Decision
}): boolean {
  if (decision.transition) return true
  const before = known?.standing.reason
  return (
    before !== undefined &&
    before !== decision.reason &&
    (notable.has(decision.reason) || notable.has(before))
  )
}

function commit(parts: LoopParts, decided: Decided, observation: Observation): void {
  const { case: subjectCase, decision, decisionId } = decided
  parts.sights.memory.take({ subject: subjectCase.subject, standing: decision.after, decisionId })
  parts.onDecided(decided, observation)
}

function act(parts: LoopParts, cases: readonly Case[], observation: Observation): void {
  const { held, nowMs, sandboxes, overrides } = observation
  if (parts.runner === undefined || held === null) return
  const planned = plan({
    nowMs,
    tenantId: parts.tenantId,
    document: parts.budgets().document,
    rulings: cases.flatMap((subjectCase) => rulingOf(parts, subjectCase)),
    sandboxes,
    held,
    busy: parts.runner.busy,
  })
  parts.runner.start(overrides.pause === null ? planned.actions : planned.actions.filter(relaxes))
  report(parts.telemetry, planned)
}

/** While paused, nothing new is stopped; what people lifted goes on. */
function relaxes(action: Plan['actions'][number]): boolean {
  return action.kind === 'resume' || (action.kind === 'set_verdict' && action.request.verdict === 'ok')
}

/** The standing that is recorded, which may be older than this tick's decision. */
export function rulingOf(parts: LoopParts, { rule, subject, scope, inputs }: Case): readonly Ruling[] {
  const known = parts.sights.memory.of(subject)
  if (known === undefined) return []
  const { standing, decisionId } = known
  const { windowEndMs, override } = inputs
  return [{ rule, subject, scope, standing, decisionId, windowEndMs, override }]
}

function report(telemetry: Telemetry, planned: Plan): void {
  telemetry.set('sandglass_enforcer_suspensions_deferred', planned.deferred)
  telemetry.set('sandglass_enforcer_suspensions_protected', planned.protected)
  telemetry.set('sandglass_enforcer_orphan_holds', planned.orphans)
}
