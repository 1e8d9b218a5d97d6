/**
 * Closing a month, as a pure function: spend per team and SKU in, what each team owes out, exact to the last digit.
 * 1. The monthly allowance of a SKU covers the first quantity of the account; teams share it in proportion to what they used.
 * 2. An effective cost is the list cost less the same share of it that the allowance covers of the quantity.
 * 3. Spend that no team owns (an empty team) is shared cost: per SKU, the others bear it in proportion to their effective cost,
 *    or in equal parts when none of them has any.
 */
import { splitExactly } from './split.ts'
import { divideHalfEven } from '../money.ts'
import type { PriceEdition } from '../price-book.ts'

/** Spend of one team on one SKU in the month. */
export interface MonthSpend {
  /** Empty: nobody's. */
  readonly teamId: string
  readonly sku: string
  /** In 1e-12 of the SKU's unit; may be negative after corrections. */
  readonly quantity: bigint
  /** In any one unit of money, the same in every line; so are the costs that come out. */
  readonly listCost: bigint
}

export interface MonthLine extends MonthSpend {
  /** Part of the quantity that the allowance covers, in 1e-12 of the unit. */
  readonly allowance: bigint
  /** List cost less the allowance. */
  readonly effectiveCost: bigint
  /** Part of the shared cost that this team bears; the line of nobody gives its own away. */
  readonly sharedCost: bigint
}

/** One line per team and SKU, in the order given. Σ (effectiveCost + sharedCost) = Σ effectiveCost. */
export function closeMonth(spend: readonly MonthSpend[], edition: PriceEdition): readonly MonthLine[] {
  const skus = [...new Set(spend.map(({ sku }) => sku))]
  const lines = skus.flatMap((sku) =>
    closeSku(
      spend.filter((line) => line.sku === sku),
      edition.allowances.get(sku) ?? 0n,
    ),
  )
  return spend.map(
    ({ teamId, sku }) =>
      lines.find((line) => line.teamId === teamId && line.sku === sku) ?? raiseMissing(sku),
  )
}

function closeSku(spend: readonly MonthSpend[], allowance: bigint): readonly MonthLine[] {
  const used = spend.map(({ quantity }) => positive(quantity))
  const total = sum(used)
  const covered = splitExactly(allowance < total ? allowance : total, used)
  const effective = spend.map(
    ({ listCost }, index) => listCost - coveredCost(listCost, covered[index] ?? 0n, used[index] ?? 0n),
  )
  const shared = shareOut(spend, effective)
  return spend.map((line, index) => ({
    ...line,
    allowance: covered[index] ?? 0n,
    effectiveCost: effective[index] ?? 0n,
    sharedCost: shared[index] ?? 0n,
  }))
}

/** The part of a list cost that the covered part of the quantity has, rounded once. */
const coveredCost = (listCost: bigint, covered: bigint, used: bigint): bigint =>
  used === 0n ? 0n : divideHalfEven(listCost * covered, used)

function shareOut(spend: readonly MonthSpend[], effective: readonly bigint[]): readonly bigint[] {
  const owned = spend.map(({ teamId }) => teamId !== '')
  const nobodys = sum(effective.filter((_, index) => !owned[index]))
  if (nobodys <= 0n || !owned.includes(true)) return spend.map(() => 0n)
  const weights = effective.map((cost, index) => (owned[index] ? positive(cost) : 0n))
  const even = sum(weights) === 0n
  const parts = splitExactly(nobodys, even ? owned.map((is) => (is ? 1n : 0n)) : weights)
  return parts.map((part, index) => (owned[index] ? part : -(effective[index] ?? 0n)))
}

const positive = (value: bigint): bigint => (value > 0n ? value : 0n)
const sum = (values: readonly bigint[]): bigint => values.reduce((a, b) => a + b, 0n)

function raiseMissing(sku: string): never {
  throw new Error(`no line was made for ${sku}: give each team and SKU once`)
}

/**
 * What is booked in a month per team and SKU when it is closed at a cutoff: its own charges that were ingested before, and those of
 * months closed earlier that came in it. Quantities and costs as decimal text. Parameters: tenant, month (its first day),
 * cutoffMs (Unix time).
 */
export const monthSpendQuery = `SELECT team_id, sku, any(c.unit) AS unit, toString(sum(c.quantity)) AS quantity, toString(sum(c.cost_usd)) AS cost_usd
FROM booked_charges AS c
WHERE tenant_id = {tenant:String} AND (
  toStartOfMonth(c.charge_period_start) = {month:Date} AND c.ingested_at < fromUnixTimestamp64Milli({cutoffMs:Int64}, 'UTC')
  OR toStartOfMonth(c.charge_period_start) < {month:Date} AND c.late AND toStartOfMonth(c.booked_at) = {month:Date}
)
GROUP BY team_id, sku
ORDER BY team_id, sku`
