/** Charge lines of one model answer: tokens by kind. A model without a price is counted in tokens, at no cost. */
import { readAmount, readText, requireAmount, type ChargeAttributes } from './attributes.ts'
import type { PricedLines } from './line.ts'
import { tenTo } from '../money.ts'
import { modelPriceAt, QUANTITY_DIGITS, type PriceBook } from '../price-book.ts'
import { attr } from '../semconv.ts'

const UNIT = 'token'

/** What charges of a model without a price carry as price version. */
export const UNPRICED = 'unpriced'

export function inferenceLines(
  attributes: ChargeAttributes,
  timestampMs: number,
  book: PriceBook,
): PricedLines {
  const provider = readText(attributes, attr.providerName)
  const price = modelPriceAt(book, provider, readText(attributes, attr.requestModel), timestampMs)
  const input = requireAmount(attributes, attr.inputTokens, 0)
  const cached = readAmount(attributes, attr.cachedInputTokens, 0) ?? 0n
  const output = requireAmount(attributes, attr.outputTokens, 0)
  const tokens = [
    { sku: 'llm.input', count: cached > input ? 0n : input - cached, perToken: price?.input },
    { sku: 'llm.cached_input', count: cached > input ? input : cached, perToken: price?.cachedInput },
    { sku: 'llm.output', count: output, perToken: price?.output },
  ]
  const lines = tokens
    .filter(({ count }) => count > 0n)
    .map(({ sku, count, perToken }) => ({
      sku,
      quantity: count * tenTo(QUANTITY_DIGITS),
      price: { unit: UNIT, price: perToken ?? 0n },
      taskIds: [readText(attributes, attr.taskId)],
      weights: [1n],
    }))
  return { priceVersion: price === undefined ? UNPRICED : book.modelsVersion, lines }
}
