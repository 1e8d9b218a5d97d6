/**
 * Overrides of budgets and the pause of the enforcer, as the events that ask for them. Whoever may write events of the
 * tenant may ask; the enforcer honours what names actor, reason, ticket and an expiry within the document's bound.
 */
import { randomUUID } from 'node:crypto'
import { everythingKey, parseScopeKey } from '@sandglass/schemas/governor/scope'
import { attr, event } from '@sandglass/schemas/semconv'
import { encodeLogs, type OtlpEvent } from './record/otlp.ts'
import type { SendLogs } from './record/send.ts'

/** Policy id of an override that pauses the enforcer. */
export const PAUSE_POLICY = 'enforcer'

export interface OverrideRequest {
  /** Made when absent. */
  readonly id?: string | undefined
  readonly budget: string
  /** Key of the scope, for example `team=payments`; `*` lifts the budget for every scope. */
  readonly scope: string
  /** Who asks: an opaque id. */
  readonly actor: string
  /** Second person; untrusted sandboxes stay suspended without one. */
  readonly approver?: string | undefined
  readonly reason: string
  readonly ticket: string
  readonly expiresAtMs: number
}

export interface PauseRequest {
  readonly id?: string | undefined
  readonly actor: string
  readonly reason: string
  readonly ticket: string
  readonly expiresAtMs: number
}

export interface EndRequest {
  readonly id: string
  readonly actor: string
  readonly reason: string
  readonly ticket: string
}

/** The request names too little, or a scope that is none. `faults` names each. */
export class OverrideError extends Error {
  override readonly name = 'OverrideError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(`the override cannot be asked for: ${faults.join('; ')}`)
    this.faults = faults
  }
}

const newId = (): string => `ovr_${randomUUID()}`

/** The event that lifts a budget for a while. Throws OverrideError with every fault. */
export function budgetOverride(request: OverrideRequest, nowMs: number): OtlpEvent {
  const faults = [
    ...commonFaults(request, nowMs),
    ...(request.budget === '' ? ['budget is missing'] : []),
    ...(parseScopeKey(request.scope) === undefined
      ? [`"${request.scope}" is not the key of a scope, such as team=payments or ${everythingKey}`]
      : []),
  ]
  if (faults.length > 0) throw new OverrideError(faults)
  return {
    name: event.policyOverridden,
    timeMs: nowMs,
    attributes: {
      ...grantAttributes(request),
      [attr.budgetId]: request.budget,
      [attr.overrideScope]: request.scope,
      ...(request.approver === undefined ? {} : { [attr.approverId]: request.approver }),
    },
  }
}

/** The event that stops new actions of every enforcer of the tenant until it expires or is ended. */
export function enforcerPause(request: PauseRequest, nowMs: number): OtlpEvent {
  const faults = commonFaults(request, nowMs)
  if (faults.length > 0) throw new OverrideError(faults)
  return {
    name: event.policyOverridden,
    timeMs: nowMs,
    attributes: {
      ...grantAttributes(request),
      [attr.policyId]: PAUSE_POLICY,
      [attr.overrideScope]: everythingKey,
    },
  }
}

/** The event that ends an override or a pause before it expires. */
export function endOverride(request: EndRequest, nowMs: number): OtlpEvent {
  return {
    name: event.overrideEnded,
    timeMs: nowMs,
    attributes: {
      [attr.overrideId]: request.id,
      [attr.overrideEndCause]: 'revocation',
      [attr.actorId]: request.actor,
      [attr.actorType]: 'human',
      [attr.reason]: request.reason,
      [attr.ticket]: request.ticket,
    },
  }
}

/** Sends events to the collector; resolves when they are stored. Throws with the collector's answer. */
export async function storeEvents(
  send: SendLogs,
  serviceName: string,
  events: readonly OtlpEvent[],
): Promise<void> {
  const sent = await send(encodeLogs({ [attr.serviceName]: serviceName }, events))
  if (sent.outcome !== 'stored') throw new Error(`the collector did not store the events: ${sent.cause}`)
}

function grantAttributes(request: PauseRequest): OtlpEvent['attributes'] {
  return {
    [attr.overrideId]: request.id ?? newId(),
    [attr.actorId]: request.actor,
    [attr.actorType]: 'human',
    [attr.reason]: request.reason,
    [attr.ticket]: request.ticket,
    [attr.expiresAt]: request.expiresAtMs,
  }
}

function commonFaults(request: PauseRequest, nowMs: number): readonly string[] {
  const missing = (['actor', 'reason', 'ticket'] as const).filter((name) => request[name].trim() === '')
  return [
    ...missing.map((name) => `${name} is missing`),
    ...(request.expiresAtMs > nowMs ? [] : ['it would already have expired']),
  ]
}
