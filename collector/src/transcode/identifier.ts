/** Trace and span ids as lower-case hexadecimal strings; all zero means none and is stored as the empty string. */
import { appendByte } from './append.ts'
import type { ByteStream } from './byte-stream.ts'

export const TRACE_ID_BYTES = 16
export const SPAN_ID_BYTES = 8

/** Two hexadecimal digits of every byte, the first digit in the low byte. */
const HEX_PAIRS = Uint16Array.from({ length: 256 }, (_, byte) => {
  const digits = byte.toString(16).padStart(2, '0')
  return digits.charCodeAt(0) | (digits.charCodeAt(1) << 8)
})

/** Appends an id of `length` raw bytes. */
export function appendRawId(target: ByteStream, source: ByteStream, at: number, length: number): void {
  if (isZero(source, at, length)) return appendByte(target, 0)
  target.reserve(2 * length + 1)
  const { view } = target
  view.setUint8(target.length, 2 * length)
  let to = target.length + 1
  for (let i = at; i < at + length; i++, to += 2) {
    view.setUint16(to, HEX_PAIRS[source.view.getUint8(i)] ?? 0, true)
  }
  target.length = to
}

function isZero(source: ByteStream, at: number, length: number): boolean {
  for (let i = at; i < at + length; i += 4) if (source.view.getInt32(i, true) !== 0) return false
  return true
}
