/** 64-bit integers of OTLP/JSON: decimal digits, in quotes or not. */
import type { JsonCursor } from './json-cursor.ts'

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
    cursor.digits()
    const { from, length } = cursor
    const { bytes } = cursor.source
    const negative = length > 0 && bytes[from] === MINUS
    this.#magnitude(bytes, negative ? from + 1 : from, from + length)
    return negative
  }

  #magnitude(bytes: Uint8Array, from: number, to: number): void {
    if (to - from > DIGITS_MAX || to === from) this.#cursor.fail('expected a 64-bit integer')
    const split = Math.max(from, to - PART_DIGITS)
    const upper = this.#part(bytes, from, split)
    const lower = this.#part(bytes, split, to)
    // upper * 10^9 + lower in halves that floating point holds exactly.
    const upperHigh = Math.floor(upper / UINT16) * PART
    const sum = (upperHigh % UINT16) * UINT16 + (upper % UINT16) * PART + lower
    const high = Math.floor(upperHigh / UINT16) + Math.floor(sum / UINT32)
    if (high >= UINT32) this.#cursor.fail('a number of more than 64 bits')
    this.low = (sum % UINT32) | 0
    this.high = high | 0
  }

  #part(bytes: Uint8Array, from: number, to: number): number {
    let value = 0
    for (let i = from; i < to; i++) {
      const digit = (bytes[i] ?? 0) - ZERO
      if (digit < 0 || digit > 9) this.#cursor.fail('expected a 64-bit integer')
      value = value * 10 + digit
    }
    return value
  }

  #negate(): void {
    this.low = -this.low | 0
    this.high = (~this.high + (this.low === 0 ? 1 : 0)) | 0
  }
}
