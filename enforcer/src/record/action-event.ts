/** What was done about a decision, as an event. */
import { attr, event } from '@sandglass/schemas/semconv'
import { targetOf, type Outcome } from '../actions/runner.ts'
import type { Crossing } from '../actions/notify.ts'
import type { Ruling } from '../plan.ts'
import type { OtlpEvent } from './otlp.ts'

export function toActionEvent(
  { action, ...outcome }: Outcome,
  enforcerId: string,
  timeMs: number,
): OtlpEvent {
  const isSandbox = action.kind !== 'set_verdict'
  const person = action.kind === 'resume' && action.request.actor !== '' ? action.request : undefined
  return {
    name: event.enforcementActed,
    timeMs,
    attributes: {
      ...rulingAttributes(action.ruling),
      [attr.enforcementAction]: action.kind,
      [attr.enforcementTarget]: `${isSandbox ? 'sandbox' : 'scope'}:${isSandbox ? targetOf(action) : action.request.scope}`,
      [attr.enforcementResult]: outcome.result,
      [attr.enforcementKey]: action.request.key,
      [attr.enforcerId]: enforcerId,
      ...(isSandbox ? { [attr.sandboxId]: targetOf(action) } : {}),
      ...(outcome.snapshotId === undefined ? {} : { [attr.snapshotId]: outcome.snapshotId }),
      ...(outcome.error === undefined
        ? {}
        : { [attr.errorType]: outcome.error.type, [attr.errorMessage]: outcome.error.message }),
      ...(person === undefined
        ? {}
        : { [attr.actorId]: person.actor, [attr.actorType]: 'human', [attr.ticket]: person.ticket }),
    },
  }
}

/** What a budget in shadow mode would have done to a sandbox. */
export function toWouldEvent(
  ruling: Ruling,
  sandboxId: string,
  enforcerId: string,
  timeMs: number,
): OtlpEvent {
  return {
    name: event.enforcementActed,
    timeMs,
    attributes: {
      ...rulingAttributes(ruling),
      [attr.enforcementAction]: 'suspend',
      [attr.enforcementTarget]: `sandbox:${sandboxId}`,
      [attr.enforcementResult]: 'would',
      [attr.enforcementKey]: ruling.standing.action,
      [attr.enforcerId]: enforcerId,
      [attr.sandboxId]: sandboxId,
    },
  }
}

export function toNotifyEvent(
  crossing: Crossing,
  mode: 'enforce' | 'shadow',
  failed: string | undefined,
  enforcerId: string,
  timeMs: number,
): OtlpEvent {
  return {
    name: event.enforcementActed,
    timeMs,
    attributes: {
      [attr.budgetId]: crossing.subject.budget,
      [attr.decisionId]: crossing.decisionId,
      [attr.verdictBefore]: crossing.from,
      [attr.verdict]: crossing.to,
      [attr.verdictReason]: crossing.reason,
      [attr.budgetMode]: mode,
      [attr.enforcementAction]: 'notify',
      [attr.enforcementTarget]: `scope:${crossing.subject.scope}`,
      [attr.enforcementResult]: failed === undefined ? 'applied' : 'failed',
      [attr.enforcementKey]: crossing.id,
      [attr.enforcerId]: enforcerId,
      ...(failed === undefined ? {} : { [attr.errorType]: 'webhook', [attr.errorMessage]: failed }),
    },
  }
}

/** The end of an override that nobody revoked. */
export function toExpiryEvent(overrideId: string, scope: string, timeMs: number): OtlpEvent {
  return {
    name: event.overrideEnded,
    timeMs,
    attributes: {
      [attr.overrideId]: overrideId,
      [attr.overrideEndCause]: 'expiry',
      [attr.overrideScope]: scope,
      [attr.actorType]: 'policy',
    },
  }
}

function rulingAttributes({ subject, decisionId, standing, rule }: Ruling): OtlpEvent['attributes'] {
  return {
    [attr.budgetId]: subject.budget,
    [attr.decisionId]: decisionId,
    [attr.verdict]: standing.verdict,
    [attr.verdictReason]: standing.reason,
    [attr.budgetMode]: rule.budget.mode,
  }
}
