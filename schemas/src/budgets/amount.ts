/** Amounts of any metric as exact integers of 1e-12 of its unit, as ClickHouse's Decimal(38, 12) holds them. */
import { DECIMAL_DIGITS, formatDecimal, MoneyError, parseDecimal } from '../money.ts'

/** The amount of a decimal text such as `12.5`; undefined when the text is not a decimal. */
export function parseAmount(text: string): bigint | undefined {
  try {
    return parseDecimal(text, DECIMAL_DIGITS)
  } catch (error) {
    if (error instanceof MoneyError) return undefined
    throw error
  }
}

/** The shortest decimal text of an amount. */
export function renderAmount(amount: bigint): string {
  return formatDecimal(amount, DECIMAL_DIGITS)
}

/** Hundredths of a percent. */
const PERCENT_SCALE = 100
const WHOLE = 100 * PERCENT_SCALE

/** Whether `part` is at least `percent` of `whole`. Exact to a hundredth of a percent. */
export function reaches(part: bigint, whole: bigint, percent: number): boolean {
  return part * BigInt(WHOLE) >= whole * BigInt(Math.round(percent * PERCENT_SCALE))
}

/** `percent` of an amount, rounded down. */
export function percentOf(whole: bigint, percent: number): bigint {
  return (whole * BigInt(Math.round(percent * PERCENT_SCALE))) / BigInt(WHOLE)
}
