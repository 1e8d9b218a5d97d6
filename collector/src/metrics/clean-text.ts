/** Strings and attributes as they are stored: without secrets, cut at the limits of the transcoder. */
import { isSecretName } from '@sandglass/schemas/redaction'
import { attr } from '@sandglass/schemas/semconv'
import { renderValue } from '../otlp/render-value.ts'
import type { OtlpValue } from '../otlp/value.ts'
import { ValueBudget } from '../otlp/value-budget.ts'
import type { TranscodeCounts } from '../transcode/counts.ts'
import type { TranscodeLimits } from '../transcode/limits.ts'
import { formatDouble } from '../transcode/number-text.ts'
import { redactText, SECRET_MARK } from '../transcode/secret-scan.ts'
import { utf8CutAt } from '../transcode/utf8.ts'
import { keyValueSchema, valueSchema } from './request-schema.ts'

export type Attributes = ReadonlyMap<string, string>

export class TextCleaner {
  readonly #limits: TranscodeLimits
  readonly #counts: TranscodeCounts
  readonly #budget: ValueBudget
  #truncated = false

  constructor(limits: TranscodeLimits, counts: TranscodeCounts) {
    this.#limits = limits
    this.#counts = counts
    this.#budget = new ValueBudget(limits)
  }

  text(text: string, bytesMax = this.#limits.textBytesMax): string {
    const clean = redactText(text)
    if (clean !== undefined) this.#counts.stringsRedacted++
    return this.#cut(clean ?? text, bytesMax)
  }

  /** The first of equal names counts; a map of which something was cut says so. */
  attributes(list: readonly unknown[]): Attributes {
    this.#truncated = false
    const stored = new Map<string, string>()
    for (const item of list.slice(0, this.#limits.attributesMax)) {
      const { key, value } = keyValueSchema.parse(item)
      const name = this.text(key, this.#limits.nameBytesMax)
      if (!stored.has(name)) stored.set(name, this.#value(key, value))
    }
    if (this.#truncated || list.length > this.#limits.attributesMax) {
      stored.set(attr.truncated, 'true')
      this.#counts.recordsTruncated++
    }
    return stored
  }

  #value(key: string, value: unknown): string {
    this.#budget.begin()
    const rendered = render(this.#parse(value))
    if (this.#budget.exceeded) this.#truncated = true
    if (rendered === '' || !isSecretName(key)) return this.text(rendered)
    this.#counts.stringsRedacted++
    return SECRET_MARK
  }

  #parse(value: unknown): OtlpValue {
    if (value === undefined || value === null) return null
    const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue, bytesValue } =
      valueSchema.parse(value)
    if (arrayValue !== undefined)
      return this.#nested(() => this.#elements(arrayValue.values).map((one) => this.#parse(one)))
    if (kvlistValue !== undefined) return this.#nested(() => this.#map(kvlistValue.values))
    if (bytesValue !== undefined) return Buffer.from(bytesValue, 'base64')
    return stringValue ?? boolValue ?? intValue ?? doubleValue ?? null
  }

  #map(values: readonly unknown[]): OtlpValue {
    const entries = this.#elements(values).map((one) => keyValueSchema.parse(one))
    return new Map(entries.map(({ key, value }) => [key, this.#parse(value)]))
  }

  #elements(values: readonly unknown[]): readonly unknown[] {
    return values.filter(() => this.#budget.takeElement())
  }

  #nested(read: () => OtlpValue): OtlpValue {
    if (!this.#budget.enter()) return null
    const value = read()
    this.#budget.leave()
    return value
  }

  #cut(text: string, bytesMax: number): string {
    if (Buffer.byteLength(text) <= bytesMax) return text
    this.#truncated = true
    const bytes = Buffer.from(text)
    return bytes.toString('utf8', 0, utf8CutAt(bytes, 0, bytesMax))
  }
}

function render(value: OtlpValue): string {
  if (value === null) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'number') return formatDouble(value)
  return typeof value === 'object' ? renderValue(value) : String(value)
}
