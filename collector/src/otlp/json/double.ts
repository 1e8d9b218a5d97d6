/** Floating point numbers of OTLP/JSON. Those JSON has no word for stand in quotes. */
import type { JsonCursor } from './json-cursor.ts'

const decoder = new TextDecoder()

const NOWHERE = -1
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const EXPONENT = 0x65
/** Integers of so many digits, and powers of ten up to that of them, are doubles: dividing the two rounds once. */
const EXACT_DIGITS = 15
const POWERS = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, exponent) => 10 ** exponent)

export function readDouble(cursor: JsonCursor): number {
  return cursor.isString() ? quoted(cursor) : (short(cursor) ?? Number(cursor.number()))
}

/** A number of few digits without an exponent; takes nothing and returns undefined when the next value is anything else. */
function short(cursor: JsonCursor): number | undefined {
  const { view } = cursor.body
  const negative = cursor.peek() === MINUS
  const from = cursor.at + (negative ? 1 : 0)
  // Behind the digits something must stand, so what ends the body is no such number.
  const end = Math.min(view.byteLength - 1, from + EXACT_DIGITS + 1)
  let at = from
  let point = NOWHERE
  let value = 0
  for (; at < end; at++) {
    const byte = view.getUint8(at)
    if (byte >= ZERO && byte <= NINE) value = value * 10 + (byte - ZERO)
    else if (byte === POINT && point === NOWHERE) point = at
    else break
  }
  const wholeEnd = point === NOWHERE ? at : point
  const decimals = point === NOWHERE ? 0 : at - point - 1
  const isNumber = isCanonical(view, from, wholeEnd) && (point === NOWHERE || decimals > 0)
  if (!isNumber || wholeEnd - from + decimals > EXACT_DIGITS || goesOn(view.getUint8(at))) return undefined
  cursor.at = at
  const exact = value / (POWERS[decimals] ?? 1)
  return negative ? -exact : exact
}

/** A whole part is a zero alone, or begins with another digit. */
function isCanonical(view: DataView, from: number, to: number): boolean {
  return to === from + 1 || (to > from && view.getUint8(from) !== ZERO)
}

function goesOn(byte: number): boolean {
  return (byte >= ZERO && byte <= NINE) || byte === POINT || (byte | 0x20) === EXPONENT
}

function quoted(cursor: JsonCursor): number {
  const from = cursor.at
  cursor.string()
  const text = decoder.decode(cursor.source.bytes.subarray(cursor.from, cursor.from + cursor.length))
  const value = Number(text)
  if (text !== 'NaN' && (Number.isNaN(value) || text.trim() === '')) cursor.failAt('expected a number', from)
  return value
}
