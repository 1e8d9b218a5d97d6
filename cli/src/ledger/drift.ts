/** Drift between our books and the provider's, and the postings that take it away. */
import type { ChargeContext } from '@sandglass/schemas/charges/correct'
import type { Drift } from '@sandglass/schemas/charges/reconcile'
import { PICO_PER_NANO } from '@sandglass/schemas/money'
import { editionAt, type PriceBook } from '@sandglass/schemas/price-book'
import type { Posting } from './correction-events.ts'

export interface JudgedDrift extends Drift {
  /** complete: the day is over and everything of it is stored; only then it is posted. */
  readonly complete: boolean
  /** The difference is within the tolerance, and is left alone. */
  readonly within: boolean
}

const DAY_MS = 86_400_000
/** How late the provider's data may be, ms: minutes, by its documentation. */
const SETTLE_MS = 3_600_000
const PERCENT = 100

export function judgeDrift(
  drift: readonly Drift[],
  knownUntilMs: number,
  tolerancePercent: number,
): readonly JudgedDrift[] {
  return drift.map((row) => ({
    ...row,
    complete: Date.parse(row.day) + DAY_MS + SETTLE_MS <= knownUntilMs,
    within: isWithin(row, tolerancePercent),
  }))
}

function isWithin({ difference, provider, metered }: Drift, tolerancePercent: number): boolean {
  if (difference === 0n) return true
  const larger = Number(provider > metered ? provider : metered)
  return (Math.abs(Number(difference)) / larger) * PERCENT <= tolerancePercent
}

export const isPosted = ({ complete, within }: JudgedDrift): boolean => complete && !within

/** Compared as one SKU, booked on the one that its price was taken from. */
const bookedSku = (sku: string): string => (sku === 'container.egress' ? 'container.egress.other' : sku)

export function driftPosting(drift: JudgedDrift, book: PriceBook): Posting {
  const startMs = Date.parse(drift.day)
  const sku = bookedSku(drift.sku)
  const edition = editionAt(book, startMs)
  return {
    chargeId: `reconcile/${drift.day}/${drift.teamId}/${sku}`,
    context: { ...nobody, teamId: drift.teamId },
    startMs,
    endMs: startMs + DAY_MS,
    sku,
    unit: edition.skus.get(sku)?.unit ?? '',
    quantityDifference: drift.difference,
    differenceUsd: drift.costNanoUsd * PICO_PER_NANO,
    priceVersionBefore: edition.version,
    priceVersionAfter: edition.version,
  }
}

/** The provider tells the team at most. */
const nobody: ChargeContext = {
  teamId: '',
  costCenter: '',
  userId: '',
  sandboxId: '',
  instanceType: '',
  region: '',
  environment: '',
  taskId: '',
  taskClass: '',
  tier: '',
  agentName: '',
  isRetry: false,
  repositoryUrl: '',
  promptId: '',
  model: '',
}
