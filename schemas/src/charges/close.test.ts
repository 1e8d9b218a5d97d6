import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { closeMonth, type MonthSpend } from './close.ts'
import { parseUsd, tenTo } from '../money.ts'
import { editionAt, openPriceBook, QUANTITY_DIGITS } from '../price-book.ts'

const edition = editionAt(openPriceBook(), Date.UTC(2026, 10, 1))
const units = (count: number): bigint => BigInt(count) * tenTo(QUANTITY_DIGITS)
const cpu = (teamId: string, seconds: number): MonthSpend => ({
  teamId,
  sku: 'container.cpu',
  quantity: units(seconds),
  listCost: BigInt(seconds) * 20_000n,
})
const sum = (values: readonly bigint[]): bigint => values.reduce((a, b) => a + b, 0n)

describe('closing a month', () => {
  it('gives the allowance of the account to teams in proportion to what they used', () => {
    const lines = closeMonth([cpu('a', 30_000), cpu('b', 15_000)], edition)
    expect(lines.map(({ allowance }) => allowance)).toEqual([units(15_000), units(7_500)])
    expect(lines.map(({ effectiveCost }) => effectiveCost)).toEqual([parseUsd('0.3'), parseUsd('0.15')])
  })

  it('costs nothing within the allowance', () => {
    expect(closeMonth([cpu('a', 22_500)], edition)[0]?.effectiveCost).toBe(0n)
  })

  it('has no allowance for a SKU that the provider gives none of', () => {
    const tokens = { teamId: 'a', sku: 'llm.output', quantity: units(10), listCost: 1_000n }
    expect(closeMonth([tokens], edition)[0]).toMatchObject({ allowance: 0n, effectiveCost: 1_000n })
  })

  it('lets teams bear what nobody owns, in proportion to their effective cost', () => {
    const lines = closeMonth([cpu('a', 60_000), cpu('b', 20_000), cpu('', 40_000)], edition)
    const [a = 0n, b = 0n, nobody = 0n] = lines.map(({ sharedCost }) => sharedCost)
    expect(nobody).toBe(-(lines[2]?.effectiveCost ?? 0n))
    expect(a + b + nobody).toBe(0n)
    expect(a / b).toBe(3n)
  })

  it('keeps shared cost where there is no team to bear it', () => {
    expect(closeMonth([cpu('', 40_000)], edition)[0]?.sharedCost).toBe(0n)
  })

  it('loses and invents no nano-USD and no quantity, whatever was spent', () => {
    const line = fc.record({
      teamId: fc.constantFrom('', 'a', 'b', 'c', 'd'),
      sku: fc.constantFrom('container.cpu', 'container.memory', 'llm.input'),
      quantity: fc.bigInt({ min: 0n, max: 10n ** 18n }),
      listCost: fc.bigInt({ min: 0n, max: 10n ** 12n }),
    })
    const spend = fc.uniqueArray(line, { selector: ({ teamId, sku }) => `${teamId} ${sku}`, maxLength: 15 })
    fc.assert(
      fc.property(spend, (month) => {
        const lines = closeMonth(month, edition)
        expect(sum(lines.map(({ sharedCost }) => sharedCost))).toBe(0n)
        for (const { effectiveCost, listCost, allowance, quantity } of lines) {
          expect(effectiveCost >= 0n && effectiveCost <= listCost).toBe(true)
          expect(allowance >= 0n && allowance <= quantity).toBe(true)
        }
        for (const sku of new Set(month.map(({ sku }) => sku))) {
          const used = sum(month.filter((m) => m.sku === sku).map(({ quantity }) => quantity))
          const limit = edition.allowances.get(sku) ?? 0n
          expect(sum(lines.filter((l) => l.sku === sku).map(({ allowance }) => allowance))).toBe(
            used < limit ? used : limit,
          )
        }
      }),
    )
  })
})
