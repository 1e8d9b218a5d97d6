/**
 * Exact money and quantities. Money is a bigint of nano-USD (1e-9 USD); ClickHouse holds it as Decimal(38, 12), so amounts that
 * go there are in 1e-12 USD. Nothing here passes through a binary fraction.
 */

/** Digits of money after the point: nano-USD. */
export const MONEY_DIGITS = 9

/** Digits of ClickHouse's Decimal(38, 12). */
export const DECIMAL_DIGITS = 12

/** 1e-12 USD in one nano-USD. */
export const PICO_PER_NANO = 1000n

/** A plain decimal, or one with an exponent as JavaScript prints small numbers. */
const decimalForm = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/

export class MoneyError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MoneyError'
  }
}

/**
 * A decimal as an integer of 10^-digits, rounded half-even where it has more digits.
 * @throws MoneyError when the text is no decimal
 */
export function parseDecimal(text: string, digits: number): bigint {
  const match = decimalForm.exec(text.trim())
  if (match === null) throw new MoneyError(`"${text}" is no decimal number: write it like -12.345`)
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const unscaled = BigInt(whole + fraction)
  const shift = digits + Number(exponent) - fraction.length
  const scaled = shift >= 0 ? unscaled * tenTo(shift) : divideHalfEven(unscaled, tenTo(-shift))
  return sign === '-' ? -scaled : scaled
}

/** A number as an integer of 10^-digits: the shortest decimal that reads back as this number, rounded half-even. */
export function scaleNumber(value: number, digits: number): bigint {
  if (!Number.isFinite(value)) throw new MoneyError(`${value} is no amount: it must be finite`)
  return parseDecimal(String(value), digits)
}

/** An integer of 10^-digits as the shortest exact decimal: 1500000000n of nano-USD is "1.5". */
export function formatDecimal(scaled: bigint, digits: number): string {
  const text = magnitude(scaled)
    .toString()
    .padStart(digits + 1, '0')
  const fraction = text.slice(text.length - digits).replace(/0+$/, '')
  const whole = text.slice(0, text.length - digits)
  return `${scaled < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

/**
 * USD as nano-USD.
 * @throws MoneyError when the text is no decimal or is finer than a nano-USD: money is never rounded unseen
 */
export function parseUsd(text: string): bigint {
  const fine = parseDecimal(text, DECIMAL_DIGITS + MONEY_DIGITS)
  const grain = tenTo(DECIMAL_DIGITS)
  if (fine % grain !== 0n)
    throw new MoneyError(`"${text}" USD is finer than a nano-USD: give at most 9 digits`)
  return fine / grain
}

/** Nano-USD as a decimal of USD. */
export const formatUsd = (nanoUsd: bigint): string => formatDecimal(nanoUsd, MONEY_DIGITS)

/** Quotient rounded to the nearest integer, ties to the even one. The divisor must be positive. */
export function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  if (divisor <= 0n) throw new MoneyError(`cannot divide by ${divisor}: the divisor must be positive`)
  const quotient = magnitude(dividend) / divisor
  const twice = 2n * (magnitude(dividend) % divisor)
  const up = twice > divisor || (twice === divisor && quotient % 2n === 1n)
  const rounded = up ? quotient + 1n : quotient
  return dividend < 0n ? -rounded : rounded
}

/** 10^n. */
export const tenTo = (exponent: number): bigint => 10n ** BigInt(exponent)

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value)
