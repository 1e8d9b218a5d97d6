import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  divideHalfEven,
  formatDecimal,
  formatUsd,
  MoneyError,
  parseDecimal,
  parseUsd,
  scaleNumber,
} from './money.ts'

describe('money', () => {
  it('reads and prints every nano-USD amount without loss', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (nano) => {
        expect(parseUsd(formatUsd(nano))).toBe(nano)
      }),
    )
  })

  it('prints the shortest exact decimal', () => {
    expect([formatUsd(1_500_000_000n), formatUsd(-1n), formatUsd(0n), formatDecimal(7n, 12)]).toEqual([
      '1.5',
      '-0.000000001',
      '0',
      '0.000000000007',
    ])
  })

  it('refuses an amount finer than a nano-USD instead of rounding it unseen', () => {
    expect(() => parseUsd('0.0000000001')).toThrow(MoneyError)
    expect(parseUsd('0.0000000010')).toBe(1n)
  })

  it.each(['', 'x', '1,5', '0x10', '1e9999', '.5', 'NaN', '--1'])('refuses %j as a decimal', (text) => {
    expect(() => parseDecimal(text, 9)).toThrow(MoneyError)
  })

  it('rounds ties to the even neighbour, on both sides of zero', () => {
    const halves = [5n, 15n, 25n, -5n, -15n, -25n, 14n, 16n]
    expect(halves.map((n) => divideHalfEven(n, 10n))).toEqual([0n, 2n, 2n, 0n, -2n, -2n, 1n, 2n])
  })

  it('rounds to within half a unit, always', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt({ min: 1n, max: 10n ** 20n }), (dividend, divisor) => {
        const error = 2n * (dividend - divideHalfEven(dividend, divisor) * divisor)
        expect(error <= divisor && error >= -divisor).toBe(true)
      }),
    )
  })

  it('takes numbers by their shortest decimal, exponents included', () => {
    expect([
      scaleNumber(1.25, 12),
      scaleNumber(1e-7, 12),
      scaleNumber(0.1 + 0.2, 12),
      scaleNumber(1e21, 0),
    ]).toEqual([1_250_000_000_000n, 100_000n, 300_000_000_000n, 10n ** 21n])
    expect(() => scaleNumber(Number.NaN, 12)).toThrow(MoneyError)
  })
})
