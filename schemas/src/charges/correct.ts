/**
 * Corrections of stored charges: what a charge cost, corrections included, against what a price book makes of the same quantity.
 * The rule is a difference to a target, so that a second run finds nothing to do and a mistaken correction is itself corrected.
 */
import { UNPRICED } from './inference.ts'
import { equalWeights, splitExactly } from './split.ts'
import { PICO_PER_NANO, scaleNumber } from '../money.ts'
import {
  costNanoUsd,
  editionAt,
  modelPriceAt,
  QUANTITY_DIGITS,
  type ModelPrice,
  type PriceBook,
} from '../price-book.ts'

/** What a charge is booked on: a correction carries the same, so that every cut of spend moves with it. */
export interface ChargeContext {
  readonly teamId: string
  readonly costCenter: string
  readonly userId: string
  readonly sandboxId: string
  readonly instanceType: string
  readonly region: string
  readonly environment: string
  readonly taskId: string
  readonly taskClass: string
  readonly tier: string
  readonly agentName: string
  readonly isRetry: boolean
  readonly repositoryUrl: string
  readonly promptId: string
  readonly model: string
}

/** Everything stored under one charge id, context and period. */
export interface StoredCharge {
  readonly chargeId: string
  readonly context: ChargeContext
  /** Unix time, ms; end exclusive. */
  readonly startMs: number
  readonly endMs: number
  readonly sku: string
  readonly unit: string
  /** usage or inference; empty when only corrections are stored, as after a reconciliation. */
  readonly kind: string
  /** Interval or answer the charge was made of. */
  readonly source: string
  readonly priceVersion: string
  /** Of each copy of the charge as it was made, in 1e-12 of the unit. */
  readonly quantities: readonly bigint[]
  /** Of all rows, corrections included: 1e-12 of the unit and 1e-12 USD. */
  readonly quantity: bigint
  readonly costUsd: bigint
}

export interface ChargeCorrection {
  readonly charge: StoredCharge
  /** What is to be added, in 1e-12 USD. */
  readonly differenceUsd: bigint
  readonly priceVersionAfter: string
}

/** How an interval's tasks share it, as the meter reported it. */
export interface IntervalShares {
  readonly taskIds: readonly string[]
  /** Active CPU of each task, s; empty: not told apart. */
  readonly cpuTimes: readonly number[]
}

export interface CorrectionFacts {
  readonly book: PriceBook
  /** Of intervals with several tasks, by source. Without them parts keep the proportion of their quantities. */
  readonly shares: ReadonlyMap<string, IntervalShares>
  /** Provider of each answer, by source. */
  readonly providers: ReadonlyMap<string, string>
}

/** The book cannot price what is stored. */
export class CorrectionError extends Error {
  override readonly name = 'CorrectionError'
}

/**
 * Corrections that bring charges to the prices of a book; none for those that are right.
 * @throws CorrectionError when the book has no price for a SKU that is stored
 */
export function correctionsOf(
  charges: readonly StoredCharge[],
  facts: CorrectionFacts,
): readonly ChargeCorrection[] {
  return [...Map.groupBy(charges, siblingsKey).values()].flatMap((siblings) =>
    correctSiblings(siblings, facts).filter(({ differenceUsd }) => differenceUsd !== 0n),
  )
}

/** Parts of one interval's SKU: rounded together, then split. An answer has one task, so it stands alone. */
const siblingsKey = ({ kind, source, sku, startMs, endMs, chargeId, context }: StoredCharge): string =>
  kind === 'usage'
    ? JSON.stringify([source, sku, startMs, endMs, context.teamId, context.sandboxId])
    : JSON.stringify([chargeId, sku, startMs, context])

function correctSiblings(
  siblings: readonly StoredCharge[],
  facts: CorrectionFacts,
): readonly ChargeCorrection[] {
  const [first] = siblings
  if (first === undefined) return []
  const { price, version } = priceOf(first, facts)
  const targets = targetsOf(siblings, price, facts)
  return siblings.map((charge, index) => ({
    charge,
    differenceUsd: (targets[index] ?? 0n) * PICO_PER_NANO - charge.costUsd,
    priceVersionAfter: version,
  }))
}

interface Priced {
  readonly price: bigint
  readonly version: string
}

function priceOf(
  { sku, source, context, startMs }: StoredCharge,
  { book, providers }: CorrectionFacts,
): Priced {
  if (sku.startsWith('llm.')) {
    const model = modelPriceAt(book, providers.get(source) ?? '', context.model, startMs)
    return model === undefined
      ? { price: 0n, version: UNPRICED }
      : { price: tokenPrice(sku, model), version: book.modelsVersion }
  }
  const edition = editionAt(book, startMs)
  const price = edition.skus.get(sku)
  if (price === undefined) {
    throw new CorrectionError(
      `price book edition ${edition.version} has no price for ${sku}, which is stored: add it, or leave it out with --sku`,
    )
  }
  return { price: price.price, version: edition.version }
}

const tokenPrice = (sku: string, model: ModelPrice): bigint =>
  sku === 'llm.output' ? model.output : sku === 'llm.cached_input' ? model.cachedInput : model.input

/** What each sibling should cost, in nano-USD: every copy of the interval is priced as the collector would. */
function targetsOf(
  siblings: readonly StoredCharge[],
  price: bigint,
  { shares }: CorrectionFacts,
): readonly bigint[] {
  const copies = Math.max(...siblings.map(({ quantities }) => quantities.length))
  if (copies === 0) return siblings.map((charge) => costOfCorrections(charge, price))
  const sums = siblings.map(() => 0n)
  for (let copy = 0; copy < copies; copy += 1) {
    const quantities = siblings.map((charge) => charge.quantities[copy] ?? 0n)
    const parts = splitCost(siblings, quantities, price, shares.get(siblings[0]?.source ?? ''))
    parts.forEach((part, index) => (sums[index] = (sums[index] ?? 0n) + part))
  }
  return sums
}

/** Quantities that only corrections brought cost what they cost at the price; sums of money alone are left as they are. */
const costOfCorrections = ({ quantity, costUsd }: StoredCharge, price: bigint): bigint =>
  quantity === 0n ? costUsd / PICO_PER_NANO : costNanoUsd(quantity, price)

function splitCost(
  siblings: readonly StoredCharge[],
  quantities: readonly bigint[],
  price: bigint,
  shares: IntervalShares | undefined,
): readonly bigint[] {
  const cost = costNanoUsd(
    quantities.reduce((sum, quantity) => sum + quantity, 0n),
    price,
  )
  if (siblings.length === 1 && shares === undefined) return [cost]
  if (shares === undefined) return splitExactly(cost, quantities)
  const parts = splitExactly(cost, weightsOf(shares, siblings[0]?.sku ?? ''))
  const byTask = new Map(shares.taskIds.map((task, index) => [task, parts[index] ?? 0n]))
  const known = siblings.map(({ context }) => byTask.get(context.taskId))
  const whole = known.reduce<bigint>((sum, part) => sum + (part ?? 0n), 0n)
  // Shares that do not belong to these parts would lose money: then the quantities decide.
  return known.includes(undefined) || whole !== cost
    ? splitExactly(cost, quantities)
    : known.map((part) => part ?? 0n)
}

function weightsOf({ taskIds, cpuTimes }: IntervalShares, sku: string): readonly bigint[] {
  const byCpu = sku === 'container.cpu' && cpuTimes.length === taskIds.length
  return byCpu ? cpuTimes.map((s) => scaleNumber(s, QUANTITY_DIGITS)) : equalWeights(taskIds.length)
}
