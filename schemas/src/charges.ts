/**
 * Charges of the two events that carry money. Pure: attributes and prices in, exact amounts out.
 * One charge per SKU, rounded once, half-even, to nano-USD; then split among tasks so that the parts sum to it.
 */
import { ChargeError, type ChargeAttributes } from './charges/attributes.ts'
import { inferenceLines } from './charges/inference.ts'
import type { ChargeLine, PricedLines } from './charges/line.ts'
import { splitExactly } from './charges/split.ts'
import { usageLines } from './charges/usage.ts'
import { PICO_PER_NANO } from './money.ts'
import { costNanoUsd, type PriceBook } from './price-book.ts'
import { event } from './semconv.ts'

export { ChargeError, type ChargeAttributes } from './charges/attributes.ts'

export interface Charge {
  /** Empty: nothing ran (idle), or the event names no task. */
  readonly taskId: string
  readonly sku: string
  /** In 1e-12 of the unit. */
  readonly quantity: bigint
  readonly unit: string
  /** In 1e-12 USD; a multiple of 1000, since money is exact to nano-USD. */
  readonly costUsd: bigint
}

export interface PricedEvent {
  /** Edition of the price book that made the charges. */
  readonly priceVersion: string
  readonly charges: readonly Charge[]
}

type LinesOf = (attributes: ChargeAttributes, timestampMs: number, book: PriceBook) => PricedLines

const linesByEvent: Readonly<Record<string, LinesOf>> = {
  [event.usageMeasured]: usageLines,
  [event.inferenceMeasured]: inferenceLines,
}

/**
 * Prices one event. Values may be numbers, bigints, decimal strings, arrays or JSON text of arrays.
 * @throws ChargeError when the event carries no money or not what its price needs
 */
export function chargesOf(
  eventName: string,
  attributes: ChargeAttributes,
  timestampMs: number,
  priceBook: PriceBook,
): PricedEvent {
  const linesOf = linesByEvent[eventName]
  if (linesOf === undefined) throw new ChargeError(`${eventName} carries no money`)
  const { priceVersion, lines } = linesOf(attributes, timestampMs, priceBook)
  return { priceVersion, charges: lines.flatMap(splitLine) }
}

function splitLine({ sku, price, quantity, taskIds, weights }: ChargeLine): readonly Charge[] {
  const quantities = splitExactly(quantity, weights)
  const costs = splitExactly(costNanoUsd(quantity, price.price), weights)
  return taskIds
    .map((taskId, index) => ({
      taskId,
      sku,
      unit: price.unit,
      quantity: quantities[index] ?? 0n,
      costUsd: (costs[index] ?? 0n) * PICO_PER_NANO,
    }))
    .filter((charge) => charge.quantity !== 0n || charge.costUsd !== 0n)
}
