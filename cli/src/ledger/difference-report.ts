/** What corrections change, per day, team and SKU: exact sums for people and machines. */
import { DECIMAL_DIGITS, formatDecimal } from '@sandglass/schemas/money'
import type { Posting } from './correction-events.ts'

export interface DifferenceLine {
  readonly day: string
  readonly team: string
  readonly sku: string
  readonly charges: number
  readonly quantityDifference: string
  readonly differenceUsd: string
}

interface Sums {
  readonly day: string
  readonly team: string
  readonly sku: string
  charges: number
  quantity: bigint
  usd: bigint
}

export interface Differences {
  add(posting: Posting): void
  lines(): readonly DifferenceLine[]
  readonly postings: number
  /** In 1e-12 USD. */
  readonly totalUsd: bigint
}

export function createDifferences(): Differences {
  const sums = new Map<string, Sums>()
  let postings = 0
  let totalUsd = 0n
  return {
    add({ context, startMs, sku, quantityDifference, differenceUsd }) {
      const [day, team] = [new Date(startMs).toISOString().slice(0, 10), context.teamId]
      const key = JSON.stringify([day, team, sku])
      const line = sums.get(key) ?? { day, team, sku, charges: 0, quantity: 0n, usd: 0n }
      line.charges += 1
      line.quantity += quantityDifference
      line.usd += differenceUsd
      sums.set(key, line)
      postings += 1
      totalUsd += differenceUsd
    },
    lines: () => [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => toLine(line)),
    get postings() {
      return postings
    },
    get totalUsd() {
      return totalUsd
    },
  }
}

const toLine = ({ day, team, sku, charges, quantity, usd }: Sums): DifferenceLine => ({
  day,
  team,
  sku,
  charges,
  quantityDifference: formatDecimal(quantity, DECIMAL_DIGITS),
  differenceUsd: formatDecimal(usd, DECIMAL_DIGITS),
})
