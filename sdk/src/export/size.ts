/** Bytes that a record costs beside its strings. */
const RECORD_BYTES = 200
const NUMBER_BYTES = 9

function bytesOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  return Array.isArray(value)
    ? value.reduce((sum: number, item: unknown) => sum + bytesOf(item), 0)
    : NUMBER_BYTES
}

/** Estimated size of a span or event from its attributes. */
export function recordBytes(attributes: Readonly<Record<string, unknown>>): number {
  let bytes = RECORD_BYTES
  for (const key in attributes) bytes += key.length + bytesOf(attributes[key])
  return bytes
}
