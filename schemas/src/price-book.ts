/** The price book: list prices with effective dates. Cloudflare's ship with the product; prices of models come from the user. */
import { z } from 'zod'
import { divideHalfEven, MONEY_DIGITS, parseDecimal, tenTo } from './money.ts'
import { cloudflareEditions, egressGroups } from './price-book/data.ts'

/** Digits a price may have after the point: 1e-15 USD, finer than a millionth of a dollar per million. */
export const PRICE_DIGITS = 15

const decimal = z
  .string()
  .regex(/^\d+(\.\d{1,15})?$/, 'a decimal string with at most 15 digits after the point')
const day = z.iso.date()

const editionSchema = z.strictObject({
  version: z.string().min(1),
  /** UTC day from which the edition prices intervals. */
  effectiveFrom: day,
  skus: z.record(z.string(), z.strictObject({ unit: z.string(), usd: decimal })),
  allowances: z.record(z.string(), decimal),
  instances: z.record(z.string(), z.strictObject({ vcpu: decimal, memoryGib: decimal, diskGb: decimal })),
  durableObjectGb: decimal,
})

const modelSchema = z.strictObject({
  /** Model as in gen_ai.request.model; a star at the end stands for any rest. The longest match prices. */
  model: z.string().min(1),
  /** gen_ai.provider.name; absent: any. */
  provider: z.string().min(1).optional(),
  effectiveFrom: day,
  /** USD per million tokens. */
  inputPerMillion: decimal,
  /** Absent: cached input costs as input. */
  cachedInputPerMillion: decimal.optional(),
  /** Reasoning is output. */
  outputPerMillion: decimal,
})

/** What a user may supply: prices of models, and editions of their own for negotiated prices. */
export const priceBookSchema = z.strictObject({
  /** Names this set of model prices in every charge it makes. */
  version: z.string().min(1),
  models: z.array(modelSchema).default([]),
  editions: z.array(editionSchema).min(1).optional(),
})

export type PriceEditionData = z.infer<typeof editionSchema>
export type PriceBookData = z.infer<typeof priceBookSchema>

/** A price, ready to multiply. */
export interface SkuPrice {
  readonly unit: string
  /** USD per unit, in 1e-15 USD. */
  readonly price: bigint
}

export interface InstanceProfile {
  /** In 1e-12 vCPU, GiB and GB. */
  readonly vcpu: bigint
  readonly memoryGib: bigint
  readonly diskGb: bigint
}

export interface PriceEdition {
  readonly version: string
  readonly effectiveFromMs: number
  readonly skus: ReadonlyMap<string, SkuPrice>
  readonly instances: ReadonlyMap<string, InstanceProfile>
  /** Included per month and account, in 1e-12 of the SKU's unit. */
  readonly allowances: ReadonlyMap<string, bigint>
  readonly durableObjectGb: bigint
}

export interface ModelPrice {
  readonly model: string
  readonly provider: string | undefined
  readonly effectiveFromMs: number
  /** USD per token, in 1e-15 USD. */
  readonly input: bigint
  readonly cachedInput: bigint
  readonly output: bigint
}

export interface PriceBook {
  /** Newest first. */
  readonly editions: readonly PriceEdition[]
  readonly modelsVersion: string
  /** Best match first. */
  readonly models: readonly ModelPrice[]
}

/** A book of Cloudflare's list prices and what the user supplied. */
export function openPriceBook(data?: PriceBookData): PriceBook {
  const editions = (data?.editions ?? cloudflareEditions).map(openEdition)
  const models = (data?.models ?? []).map(openModel)
  return {
    editions: editions.sort((a, b) => b.effectiveFromMs - a.effectiveFromMs),
    modelsVersion: data?.version ?? 'unpriced',
    models: models.sort(
      (a, b) =>
        b.model.length - a.model.length ||
        Number(b.provider !== undefined) - Number(a.provider !== undefined) ||
        b.effectiveFromMs - a.effectiveFromMs,
    ),
  }
}

/** The edition in force; the oldest one for anything before it. */
export function editionAt(book: PriceBook, timeMs: number): PriceEdition {
  const edition =
    book.editions.find(({ effectiveFromMs }) => effectiveFromMs <= timeMs) ?? book.editions.at(-1)
  if (edition === undefined) throw new Error('the price book has no edition: give at least one')
  return edition
}

/** The price of a model; undefined when the user gave none. */
export function modelPriceAt(
  book: PriceBook,
  provider: string,
  model: string,
  timeMs: number,
): ModelPrice | undefined {
  return book.models.find(
    (price) =>
      price.effectiveFromMs <= timeMs &&
      (price.provider === undefined || price.provider === provider) &&
      matches(price.model, model),
  )
}

/** SKU of a region's egress. */
export const egressSku = (region: string): string =>
  `container.egress.${egressGroups[region.toLowerCase()] ?? 'other'}`

/** Cost of a quantity (1e-12 units) at a price, rounded once, half-even, to nano-USD. */
export function costNanoUsd(quantity: bigint, price: bigint): bigint {
  return divideHalfEven(quantity * price, tenTo(QUANTITY_DIGITS + PRICE_DIGITS - MONEY_DIGITS))
}

/** Digits of a quantity after the point. */
export const QUANTITY_DIGITS = 12

const quantityOf = (text: string): bigint => parseDecimal(text, QUANTITY_DIGITS)
const dayMs = (text: string): number => Date.parse(`${text}T00:00:00Z`)

function openEdition(data: PriceEditionData): PriceEdition {
  return {
    version: data.version,
    effectiveFromMs: dayMs(data.effectiveFrom),
    skus: mapValues(data.skus, ({ unit, usd }) => ({ unit, price: parseDecimal(usd, PRICE_DIGITS) })),
    instances: mapValues(data.instances, (profile) => ({
      vcpu: quantityOf(profile.vcpu),
      memoryGib: quantityOf(profile.memoryGib),
      diskGb: quantityOf(profile.diskGb),
    })),
    allowances: mapValues(data.allowances, quantityOf),
    durableObjectGb: quantityOf(data.durableObjectGb),
  }
}

function openModel(data: z.infer<typeof modelSchema>): ModelPrice {
  const perToken = (perMillion: string): bigint => parseDecimal(perMillion, PRICE_DIGITS - 6)
  return {
    model: data.model,
    provider: data.provider,
    effectiveFromMs: dayMs(data.effectiveFrom),
    input: perToken(data.inputPerMillion),
    cachedInput: perToken(data.cachedInputPerMillion ?? data.inputPerMillion),
    output: perToken(data.outputPerMillion),
  }
}

const matches = (pattern: string, model: string): boolean =>
  pattern.endsWith('*') ? model.startsWith(pattern.slice(0, -1)) : pattern === model

const mapValues = <A, B>(
  record: Readonly<Record<string, A>>,
  turn: (value: A) => B,
): ReadonlyMap<string, B> => new Map(Object.entries(record).map(([key, value]) => [key, turn(value)]))
