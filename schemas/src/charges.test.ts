import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chargesOf, ChargeError, type Charge } from './charges.ts'
import { divideHalfEven, parseUsd, PICO_PER_NANO, tenTo } from './money.ts'
import { openPriceBook, priceBookSchema } from './price-book.ts'
import { attr, event } from './semconv.ts'

const start = Date.UTC(2026, 10, 1)
const book = openPriceBook(
  priceBookSchema.parse({
    version: 'models-7',
    models: [
      { model: 'opus-*', effectiveFrom: '2026-01-01', inputPerMillion: '5', outputPerMillion: '25' },
      {
        model: 'opus-5',
        provider: 'anthropic',
        effectiveFrom: '2026-10-01',
        inputPerMillion: '3',
        cachedInputPerMillion: '0.3',
        outputPerMillion: '15',
      },
    ],
  }),
)

const usage = (attributes: Readonly<Record<string, unknown>>, seconds = 15) =>
  chargesOf(
    event.usageMeasured,
    new Map<string, unknown>(
      Object.entries({
        [attr.usageStart]: start,
        [attr.usageEnd]: start + seconds * 1000,
        [attr.cpuTime]: 0,
        ...attributes,
      }),
    ),
    start,
    book,
  ).charges

const inference = (attributes: Readonly<Record<string, unknown>>) =>
  chargesOf(
    event.inferenceMeasured,
    new Map<string, unknown>(
      Object.entries({ [attr.inputTokens]: 0, [attr.outputTokens]: 0, [attr.taskId]: 'a', ...attributes }),
    ),
    start,
    book,
  )

const total = (charges: readonly Charge[], sku: string): bigint =>
  charges.filter((c) => c.sku === sku).reduce((sum, c) => sum + c.costUsd, 0n)

const usd = (text: string): bigint => parseUsd(text) * PICO_PER_NANO

describe('charges of a usage interval', () => {
  // One hour of each instance type; figures of Cloudflare's pricing page, without the Durable Object.
  it.each([
    ['lite', 1 / 16, '0.002754', '0.007254'],
    ['basic', 1 / 4, '0.010008', '0.028008'],
    ['standard-1', 1 / 2, '0.038016', '0.074016'],
    ['standard-2', 1, '0.057024', '0.129024'],
    ['standard-3', 2, '0.076032', '0.220032'],
    ['standard-4', 4, '0.11304', '0.40104'],
  ])('price an hour of %s idle and busy as the provider does', (instance, vcpu, idle, busy) => {
    const hour = (cpu: number) => {
      const charges = usage({ [attr.instanceType]: instance, [attr.cpuTime]: cpu }, 3600)
      return ['container.cpu', 'container.memory', 'container.disk'].reduce(
        (s, sku) => s + total(charges, sku),
        0n,
      )
    }
    expect([hour(0), hour(vcpu * 3600)]).toEqual([usd(idle), usd(busy)])
  })

  it('give active CPU to the tasks that used it and provisioned time to all in equal parts', () => {
    const charges = usage({
      [attr.usageTaskIds]: ['a', 'b'],
      [attr.usageTaskCpuTimes]: [3, 1],
      [attr.cpuTime]: 4,
      [attr.memoryTime]: 60,
    })
    const of = (sku: string) => charges.filter((c) => c.sku === sku).map((c) => [c.taskId, c.costUsd])
    expect(of('container.cpu')).toEqual([
      ['a', usd('0.00006')],
      ['b', usd('0.00002')],
    ])
    expect(of('container.memory')).toEqual([
      ['a', usd('0.000075')],
      ['b', usd('0.000075')],
    ])
  })

  it('belong to no task when none ran', () => {
    const charges = usage({ [attr.memoryTime]: 60, [attr.usageTaskIds]: [] })
    expect(new Set(charges.map((c) => c.taskId))).toEqual(new Set(['']))
  })

  it('prefer what was measured to what the instance type has', () => {
    const charges = usage({ [attr.instanceType]: 'standard-4', [attr.memoryTime]: 1 })
    expect(total(charges, 'container.memory')).toBe(usd('0.0000025'))
  })

  it('price egress by the group of the region, and an unknown region as elsewhere', () => {
    const gigabyte = { [attr.egressSize]: 1_000_000_000 }
    const skus = ['weur', 'OC', 'apac', ''].map((region) => {
      const charge = usage({ ...gigabyte, [attr.cloudRegion]: region }).find((c) => c.sku.includes('egress'))
      return [charge?.sku, charge?.costUsd]
    })
    expect(skus).toEqual([
      ['container.egress.na_eu', usd('0.025')],
      ['container.egress.oc_kr_tw', usd('0.05')],
      ['container.egress.other', usd('0.04')],
      ['container.egress.other', usd('0.04')],
    ])
  })

  it('read the same from numbers, bigints, decimal strings and JSON arrays', () => {
    const typed = usage({
      [attr.cpuTime]: 1.5,
      [attr.egressSize]: 7n,
      [attr.usageTaskIds]: ['a', 'b'],
      [attr.usageTaskCpuTimes]: [1, 0.5],
    })
    const texts = usage({
      [attr.cpuTime]: '1.5',
      [attr.egressSize]: '7',
      [attr.usageTaskIds]: '["a","b"]',
      [attr.usageTaskCpuTimes]: '[1,0.5]',
    })
    expect(texts).toEqual(typed)
  })

  it('sum to the price of the whole interval, however it is shared', () => {
    const seconds = fc.double({ min: 0, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(seconds, fc.array(seconds, { maxLength: 9 }), fc.nat(10_000), (cpu, weights, memory) => {
        const shared = usage({
          [attr.usageTaskIds]: weights.map((_, i) => `task_${i}`),
          [attr.usageTaskCpuTimes]: weights,
          [attr.cpuTime]: cpu,
          [attr.memoryTime]: memory,
        })
        const whole = usage({ [attr.cpuTime]: cpu, [attr.memoryTime]: memory })
        for (const sku of ['container.cpu', 'container.memory']) {
          expect(total(shared, sku)).toBe(total(whole, sku))
          expect(quantity(shared, sku)).toBe(quantity(whole, sku))
        }
        expect(shared.every((c) => c.costUsd % PICO_PER_NANO === 0n && c.quantity >= 0n)).toBe(true)
      }),
    )
  })

  it('round a cost once, half-even, to nano-USD', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 9n }), (picoSeconds) => {
        const text = `0.${picoSeconds.toString().padStart(12, '0')}`
        const exact = picoSeconds * 20_000n // 1e-12 s × 20,000 nano-USD a second, in 1e-12 nano-USD
        const expected = divideHalfEven(exact, tenTo(12)) * PICO_PER_NANO
        expect(total(usage({ [attr.cpuTime]: text }), 'container.cpu')).toBe(expected)
      }),
    )
  })

  it.each([
    ['no CPU time', { [attr.cpuTime]: undefined }],
    ['negative CPU time', { [attr.cpuTime]: -1 }],
    ['a CPU time that is no number', { [attr.cpuTime]: 'much' }],
    ['an end before its start', { [attr.usageEnd]: start - 1 }],
    ['an interval of two days', { [attr.usageEnd]: start + 48 * 3600 * 1000 }],
    [
      'CPU times that do not match the tasks',
      { [attr.usageTaskIds]: ['a'], [attr.usageTaskCpuTimes]: [1, 2] },
    ],
    ['a task list that is no list', { [attr.usageTaskIds]: '{' }],
  ])('are refused with %s', (_, attributes) => {
    expect(() => usage(attributes)).toThrow(ChargeError)
  })
})

describe('charges of a model answer', () => {
  it('split input into fresh and cached tokens and carry the version of the prices', () => {
    const { priceVersion, charges } = inference({
      [attr.providerName]: 'anthropic',
      [attr.requestModel]: 'opus-5',
      [attr.inputTokens]: 1000,
      [attr.cachedInputTokens]: 400,
      [attr.outputTokens]: 100,
    })
    expect(priceVersion).toBe('models-7')
    expect(charges.map((c) => [c.sku, c.quantity / tenTo(12), c.costUsd])).toEqual([
      ['llm.input', 600n, usd('0.0018')],
      ['llm.cached_input', 400n, usd('0.00012')],
      ['llm.output', 100n, usd('0.0015')],
    ])
  })

  it('take the longest matching model, of that provider, in force at the time', () => {
    const priced = (model: string, provider: string) =>
      total(
        inference({
          [attr.requestModel]: model,
          [attr.providerName]: provider,
          [attr.outputTokens]: 1_000_000,
        }).charges,
        'llm.output',
      )
    expect([
      priced('opus-5', 'anthropic'),
      priced('opus-5', 'elsewhere'),
      priced('opus-5-fast', 'anthropic'),
    ]).toEqual([usd('15'), usd('25'), usd('25')])
  })

  it('count the tokens of a model without a price, at no cost and marked', () => {
    const { priceVersion, charges } = inference({ [attr.requestModel]: 'own-model', [attr.outputTokens]: 10 })
    expect([priceVersion, charges.length, total(charges, 'llm.output')]).toEqual(['unpriced', 1, 0n])
  })
})

it('refuses to price an event that carries no money', () => {
  expect(() => chargesOf(event.taskStarted, new Map(), start, book)).toThrow(ChargeError)
})

function quantity(charges: readonly Charge[], sku: string): bigint {
  return charges.filter((c) => c.sku === sku).reduce((sum, c) => sum + c.quantity, 0n)
}
