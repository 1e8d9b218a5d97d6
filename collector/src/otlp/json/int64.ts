/** 64-bit integers of OTLP/JSON: decimal digits, in quotes or not. */
import type { JsonCursor } from './json-cursor.ts'
import { writtenOut } from './written-out.ts'

/** Digits of 2^64. */
const DIGITS_MAX = 20
/** Digits of the lower of the two parts a number is read in. */
const PART_DIGITS = 9
const PART = 10 ** PART_DIGITS
const UINT16 = 2 ** 16
const UINT32 = 2 ** 32
const INT32_SIGN = 2 ** 31
const MINUS = 0x2d
const ZERO = 0x30
const QUOTE = 0x22
const POINT = 0x2e
const EXPONENT = 0x65

const encoder = new TextEncoder()

export class Int64Reader {
  low = 0
  high = 0
  readonly #cursor: JsonCursor

  constructor(cursor: JsonCursor) {
    this.#cursor = cursor
  }

  /** Reads a time or another number from 0 to 2^64 - 1; null is 0. */
  readUnsigned(): void {
    if (this.#read()) this.#cursor.fail('a negative number where none may be')
  }

  /** Reads a number from -2^63 to 2^63 - 1; null is 0. */
  readSigned(): void {
    const negative = this.#read()
    const high = this.high >>> 0
    const isMinimum = negative && high === INT32_SIGN && this.low === 0
    if (high >= INT32_SIGN && !isMinimum) this.#cursor.fail('a number of more than 64 bits')
    if (negative) this.#negate()
  }

  /** Reads the magnitude; returns whether the number is negative. */
  #read(): boolean {
    const cursor = this.#cursor
    this.low = 0
    this.high = 0
    if (cursor.takeNull()) return false
    const quoted = cursor.isString()
    const { view } = cursor.body
    const start = quoted ? cursor.at + 1 : cursor.at
    const negative = start < view.byteLength && view.getUint8(start) === MINUS
    const from = negative ? start + 1 : start
    const to = digitsEnd(view, from)
    if (!(quoted ? isQuotedEnd(view, to) : isPlainEnd(view, from, to))) return this.#readWrittenOut()
    this.#magnitude(view, from, to)
    cursor.at = quoted ? to + 1 : to
    return negative
  }

  /** Numbers with a fraction, an exponent or escapes. */
  #readWrittenOut(): boolean {
    const cursor = this.#cursor
    const from = cursor.at
    const digits = writtenOut(cursor.numberText())
    if (digits === undefined) return cursor.failAt('expected a 64-bit integer', from)
    const bytes = encoder.encode(digits)
    const negative = bytes[0] === MINUS
    this.#magnitude(new DataView(bytes.buffer), negative ? 1 : 0, bytes.length)
    return negative
  }

  #magnitude(view: DataView, from: number, to: number): void {
    if (to - from <= PART_DIGITS && to > from) {
      this.low = part(view, from, to)
      return
    }
    if (to - from > DIGITS_MAX || to === from) this.#cursor.fail('expected a 64-bit integer')
    const split = to - PART_DIGITS
    const upper = part(view, from, split)
    const lower = part(view, split, to)
    // upper * 10^9 + lower in halves that floating point holds exactly.
    const upperHigh = Math.floor(upper / UINT16) * PART
    const sum = (upperHigh % UINT16) * UINT16 + (upper % UINT16) * PART + lower
    const high = Math.floor(upperHigh / UINT16) + Math.floor(sum / UINT32)
    if (high >= UINT32) this.#cursor.fail('a number of more than 64 bits')
    this.low = (sum % UINT32) | 0
    this.high = high | 0
  }

  #negate(): void {
    this.low = -this.low | 0
    this.high = (~this.high + (this.low === 0 ? 1 : 0)) | 0
  }
}

function digitsEnd(view: DataView, from: number): number {
  let at = from
  while (at < view.byteLength && isDigit(view.getUint8(at))) at++
  return at
}

function part(view: DataView, from: number, to: number): number {
  let value = 0
  for (let i = from; i < to; i++) value = value * 10 + (view.getUint8(i) - ZERO)
  return value
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9
}

function isQuotedEnd(view: DataView, to: number): boolean {
  return to < view.byteLength && view.getUint8(to) === QUOTE
}

/** Without quotes a number has no zeros in front, and may go on with a fraction or an exponent. */
function isPlainEnd(view: DataView, from: number, to: number): boolean {
  if (to === from || (to > from + 1 && view.getUint8(from) === ZERO)) return false
  if (to === view.byteLength) return true
  const behind = view.getUint8(to)
  return behind !== POINT && (behind | 0x20) !== EXPONENT
}
