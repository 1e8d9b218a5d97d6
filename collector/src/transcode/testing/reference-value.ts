/** Attribute values as the OpenTelemetry ClickHouse exporter stores them, from OTLP/JSON. */
import type { AnyValueJson, KeyValueJson } from '../../otlp/testing/otlp-json.ts'

export function valueText(value: AnyValueJson = {}): string {
  if (value.stringValue !== undefined) return value.stringValue
  if (value.boolValue !== undefined) return String(value.boolValue)
  if (value.intValue !== undefined) return String(BigInt(value.intValue))
  if (value.doubleValue !== undefined) return doubleText(value.doubleValue)
  if (value.bytesValue !== undefined) return value.bytesValue
  if (value.arrayValue === undefined && value.kvlistValue === undefined) return ''
  try {
    return toJson(value)
  } catch {
    return ''
  }
}

function doubleText(value: number | string): string {
  return Object.is(Number(value), -0) ? '-0' : String(Number(value))
}

/** Throws for numbers JSON has no word for. */
function toJson(value: AnyValueJson): string {
  if (value.stringValue !== undefined) return quote(value.stringValue)
  if (value.bytesValue !== undefined) return value.bytesValue === '' ? 'null' : quote(value.bytesValue)
  if (value.doubleValue !== undefined && !Number.isFinite(Number(value.doubleValue)))
    throw new Error('no JSON')
  if (value.arrayValue) return `[${(value.arrayValue.values ?? []).map(toJson).join(',')}]`
  if (value.kvlistValue) return entriesToJson(value.kvlistValue.values ?? [])
  return valueText(value) || 'null'
}

function entriesToJson(entries: readonly KeyValueJson[]): string {
  const last = new Map(entries.map(({ key = '', value = {} }) => [key, value]))
  const keys = [...last.keys()].toSorted((left, right) => Buffer.from(left).compare(Buffer.from(right)))
  return `{${keys.map((key) => `${quote(key)}:${toJson(last.get(key) ?? {})}`).join(',')}}`
}

function quote(text: string): string {
  return JSON.stringify(text).replace(/[\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`)
}
