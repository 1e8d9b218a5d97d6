/** Amounts of any metric as exact integers: billionths of its unit. Money is nano-USD. */

const DECIMALS = 9
const SCALE = 10n ** BigInt(DECIMALS)
const decimalPattern = /^(-?)(\d{1,24})(?:\.(\d+))?$/

/**
 * Billionths of a decimal text such as `12.5`; what lies beyond nine decimals is rounded up, so that an amount is never
 * understated. Undefined when the text is not a decimal.
 */
export function parseAmount(text: string): bigint | undefined {
  const match = decimalPattern.exec(text)
  if (match === null) return undefined
  const [, sign, whole = '0', fraction = ''] = match
  const kept = BigInt(whole) * SCALE + BigInt(fraction.slice(0, DECIMALS).padEnd(DECIMALS, '0'))
  const rest = /[1-9]/.test(fraction.slice(DECIMALS))
  if (sign === '-') return -kept
  return rest ? kept + 1n : kept
}

/** The shortest decimal text of an amount. */
export function renderAmount(nano: bigint): string {
  const digits = (nano < 0n ? -nano : nano).toString().padStart(DECIMALS + 1, '0')
  const whole = digits.slice(0, -DECIMALS)
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, '')
  return `${nano < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
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
