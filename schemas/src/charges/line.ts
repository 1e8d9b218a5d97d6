/** What one event of money is made of before it is priced. */
import type { SkuPrice } from '../price-book.ts'

/** One SKU's quantity before it is priced: its parts by task. */
export interface ChargeLine {
  readonly sku: string
  readonly price: SkuPrice
  /** In 1e-12 of the unit. */
  readonly quantity: bigint
  readonly taskIds: readonly string[]
  /** How the tasks share it, same order. */
  readonly weights: readonly bigint[]
}

export interface PricedLines {
  readonly priceVersion: string
  readonly lines: readonly ChargeLine[]
}
