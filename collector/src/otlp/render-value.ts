/**
 * Arrays, maps and bytes as the OpenTelemetry ClickHouse exporter stores them: JSON as Go's encoder writes it without
 * HTML escapes (keys sorted by their bytes, the last of equal keys wins, U+2028 and U+2029 escaped, bytes as base64,
 * none as null).
 * An array or map that holds NaN or an infinity has no JSON and is stored as the empty string.
 */
import { formatDouble } from '../transcode/number-text.ts'
import type { OtlpValue } from './value.ts'

export function renderValue(value: OtlpValue): string {
  if (value instanceof Uint8Array) return base64(value)
  return toJson(value) ?? ''
}

/** Undefined when the value, or one inside it, has no JSON. */
function toJson(value: OtlpValue): string | undefined {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return Number.isFinite(value) ? formatDouble(value) : undefined
  if (value instanceof Uint8Array) return value.length === 0 ? 'null' : quote(base64(value))
  if (isMap(value)) return mapToJson(value)
  if (isArray(value)) return arrayToJson(value)
  return String(value)
}

function arrayToJson(values: readonly OtlpValue[]): string | undefined {
  const parts = values.map(toJson)
  return parts.includes(undefined) ? undefined : `[${parts.join(',')}]`
}

function mapToJson(values: ReadonlyMap<string, OtlpValue>): string | undefined {
  const keys = [...values.keys()].sort(byUtf8)
  const parts = keys.map((key) => entryToJson(key, values.get(key) ?? null))
  return parts.includes(undefined) ? undefined : `{${parts.join(',')}}`
}

function entryToJson(key: string, value: OtlpValue): string | undefined {
  const rendered = toJson(value)
  return rendered === undefined ? undefined : `${quote(key)}:${rendered}`
}

function byUtf8(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right))
}

function quote(text: string): string {
  return JSON.stringify(text)
    .replaceAll('\u2028', String.raw`\u2028`)
    .replaceAll('\u2029', String.raw`\u2029`)
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

function isMap(value: OtlpValue): value is ReadonlyMap<string, OtlpValue> {
  return value instanceof Map
}

function isArray(value: OtlpValue): value is readonly OtlpValue[] {
  return Array.isArray(value)
}
