/** Corrections as events. They carry the context of what they correct: every cut of spend moves with them. */
import type { OtlpEvent } from '@sandglass/enforcer'
import type { ChargeContext, ChargeCorrection } from '@sandglass/schemas/charges/correct'
import { DECIMAL_DIGITS, formatDecimal } from '@sandglass/schemas/money'
import { attr, event } from '@sandglass/schemas/semconv'
import type { Authority } from './ledger.ts'
import type { BookEvent } from './post-events.ts'

/** What is added to the books, whatever found it. */
export interface Posting {
  readonly chargeId: string
  readonly context: ChargeContext
  readonly startMs: number
  readonly endMs: number
  readonly sku: string
  readonly unit: string
  /** In 1e-12 of the unit and 1e-12 USD. */
  readonly quantityDifference: bigint
  readonly differenceUsd: bigint
  readonly priceVersionBefore: string
  readonly priceVersionAfter: string
}

export const toPosting = ({ charge, differenceUsd, priceVersionAfter }: ChargeCorrection): Posting => ({
  ...charge,
  quantityDifference: 0n,
  differenceUsd,
  priceVersionBefore: charge.priceVersion,
  priceVersionAfter,
})

export function toCorrectionEvent(posting: Posting, authority: Authority, nowMs: number): BookEvent {
  const { context } = posting
  const event = correctionEvent(posting, authority, nowMs)
  return { event, environment: context.environment }
}

function correctionEvent(posting: Posting, authority: Authority, timeMs: number): OtlpEvent {
  return {
    name: event.chargeCorrected,
    timeMs,
    attributes: {
      [attr.chargeId]: posting.chargeId,
      [attr.chargeSku]: posting.sku,
      [attr.chargeUnit]: posting.unit,
      [attr.chargeDifference]: formatDecimal(posting.differenceUsd, DECIMAL_DIGITS),
      [attr.chargeQuantityDifference]: formatDecimal(posting.quantityDifference, DECIMAL_DIGITS),
      [attr.priceVersionBefore]: posting.priceVersionBefore,
      [attr.priceVersionAfter]: posting.priceVersionAfter,
      [attr.usageStart]: posting.startMs,
      [attr.usageEnd]: posting.endMs,
      ...contextAttributes(posting.context),
      ...authorityAttributes(authority),
    },
  }
}

export const authorityAttributes = ({ actor, ticket, reason }: Authority): OtlpEvent['attributes'] => ({
  [attr.actorId]: actor,
  [attr.actorType]: 'human',
  [attr.ticket]: ticket,
  [attr.reason]: reason,
})

const contextAttributes = (context: ChargeContext): OtlpEvent['attributes'] => ({
  [attr.teamId]: context.teamId,
  [attr.costCenter]: context.costCenter,
  [attr.userId]: context.userId,
  [attr.sandboxId]: context.sandboxId,
  [attr.instanceType]: context.instanceType,
  [attr.cloudRegion]: context.region,
  [attr.taskId]: context.taskId,
  [attr.taskClass]: context.taskClass,
  [attr.tier]: context.tier,
  [attr.agentName]: context.agentName,
  [attr.repositoryUrl]: context.repositoryUrl,
  [attr.promptId]: context.promptId,
  [attr.requestModel]: context.model,
  ...(context.isRetry ? { [attr.taskAttempt]: 2 } : {}),
})
