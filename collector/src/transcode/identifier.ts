/** Trace and span ids as lower-case hexadecimal strings; all zero means none and is stored as the empty string. */
import { appendByte } from './append.ts'
import type { ByteStream } from './byte-stream.ts'

export const TRACE_ID_BYTES = 16
export const SPAN_ID_BYTES = 8

/** Appends an id of `length` raw bytes, a multiple of four. */
export function appendRawId(target: ByteStream, source: ByteStream, at: number, length: number): void {
  if (isZero(source, at, length)) return appendByte(target, 0)
  target.reserve(2 * length + 1)
  const { view } = target
  view.setUint8(target.length, 2 * length)
  let to = target.length + 1
  for (let i = at; i < at + length; i += 4, to += 8) {
    const word = source.view.getInt32(i, true)
    view.setInt32(to, hexDigits(word & 0xffff), true)
    view.setInt32(to + 4, hexDigits(word >>> 16), true)
  }
  target.length = to
}

/** Four digits at once, one in each byte, of two bytes whose first is the low one. */
function hexDigits(bytes: number): number {
  const nibbles =
    ((bytes & 0x00f0) >> 4) | ((bytes & 0x000f) << 8) | ((bytes & 0xf000) << 4) | ((bytes & 0x0f00) << 16)
  const letters = ((nibbles + SIXES) >> 4) & ONES
  return nibbles + ZEROS + letters * FROM_NINE_TO_A
}

const ONES = 0x01010101
/** Added to a nibble it overflows into the next one for ten and more. */
const SIXES = 6 * ONES
const ZEROS = 0x30 * ONES
/** What lies between the digits and the letters. */
const FROM_NINE_TO_A = 0x27

function isZero(source: ByteStream, at: number, length: number): boolean {
  for (let i = at; i < at + length; i += 4) if (source.view.getInt32(i, true) !== 0) return false
  return true
}
