/** Decisions and actions as events of the telemetry contract. */
import { metrics } from '@sandglass/schemas/budgets'
import { attr, event } from '@sandglass/schemas/semconv'
import type { Decision, Inputs } from '../decision.ts'
import { linkHash, type Linked } from './chain.ts'
import type { OtlpEvent } from './otlp.ts'

const ID_LENGTH = 24

/** What `sandglass.decision.inputs` holds: the inputs, and the standing that came of them. */
export interface DecisionRecordInputs {
  readonly inputs: Inputs
  readonly after: Decision['after']
}

export interface RecordedDecision {
  readonly decisionId: string
  readonly hash: string
  readonly event: OtlpEvent
}

export function toDecisionEvent(
  inputs: Inputs,
  decision: Decision,
  enforcerId: string,
  prevHash: string,
): RecordedDecision {
  const linked = linkedOf(inputs, decision, enforcerId)
  const hash = linkHash(prevHash, linked)
  const decisionId = `dec_${hash.slice(0, ID_LENGTH)}`
  return {
    decisionId,
    hash,
    event: {
      name: event.budgetDecided,
      timeMs: inputs.nowMs,
      attributes: {
        ...attributesOfInputs(inputs),
        [attr.verdict]: decision.verdict,
        [attr.verdictBefore]: inputs.before.verdict,
        [attr.verdictReason]: decision.reason,
        [attr.decisionId]: decisionId,
        [attr.decisionInputs]: linked.inputs,
        [attr.decisionPrevHash]: prevHash,
        [attr.decisionHash]: hash,
        [attr.enforcerId]: enforcerId,
      },
    },
  }
}

function linkedOf(inputs: Inputs, decision: Decision, enforcerId: string): Linked {
  const record: DecisionRecordInputs = { inputs, after: decision.after }
  const { budget, version, window, scope, before } = inputs
  return {
    enforcerId,
    budget,
    version,
    window,
    scope,
    verdictBefore: before.verdict,
    verdict: decision.verdict,
    reason: decision.reason,
    inputs: JSON.stringify(record),
  }
}

/** Idleness is no metric of the contract: its events carry none. */
const isMetric = (name: string): boolean => metrics.some((metric) => metric === name)

function attributesOfInputs(inputs: Inputs): OtlpEvent['attributes'] {
  return {
    [attr.budgetId]: inputs.budget,
    [attr.budgetVersion]: inputs.version,
    [attr.budgetScope]: inputs.scope,
    [attr.budgetWindow]: inputs.window,
    [attr.budgetWindowStart]: inputs.windowStartMs,
    ...(isMetric(inputs.metric) ? { [attr.budgetMetric]: inputs.metric } : {}),
    [attr.budgetMode]: inputs.mode,
    [attr.budgetSpend]: inputs.spend ?? '',
    [attr.budgetLimit]: inputs.limit,
    ...(inputs.windowEndMs === null ? {} : { [attr.budgetWindowEnd]: inputs.windowEndMs }),
    ...(inputs.forecast === null ? {} : { [attr.budgetForecast]: inputs.forecast }),
    ...(inputs.watermarkMs === null ? {} : { [attr.watermark]: inputs.watermarkMs }),
  }
}
