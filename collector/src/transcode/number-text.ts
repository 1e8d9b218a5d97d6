/** Numbers as strings, as the OpenTelemetry Collector writes them. */
import { appendAscii } from './append.ts'
import type { ByteStream } from './byte-stream.ts'

const ZERO = 0x30
const MINUS = 0x2d
const POINT = 0x2e
/** Digits of the largest 32-bit number, its sign and a decimal point. */
const SMALL_NUMBER_BYTES_MAX = 12
/** Doubles with up to six decimals are written digit by digit; those below this many millionths fit 32 bits. */
const MILLION = 1_000_000
const MILLIONTHS_MAX = 0x7fff_ffff

/** Signed 64-bit integer from its halves. */
export function appendInteger(target: ByteStream, low: number, high: number): void {
  if (high !== low >> 31) return appendAscii(target, toBigInt(low, high).toString())
  const negative = low < 0
  const digits = digitsOf(negative ? -low : low)
  target.reserve(SMALL_NUMBER_BYTES_MAX)
  let at = target.length
  target.view.setUint8(at++, digits + (negative ? 1 : 0))
  if (negative) target.view.setUint8(at++, MINUS)
  writeDigits(target.view, at, digits, negative ? -low : low)
  target.length = at + digits
}

/** As ECMAScript writes it, but with the sign of minus zero. */
export function appendDouble(target: ByteStream, value: number): void {
  const millionths = Math.round(value * MILLION)
  const isShort = millionths > 0 && millionths <= MILLIONTHS_MAX && millionths / MILLION === value
  // Fifteen significant digits tell every double apart, so the few of a short one are the shortest there are.
  if (isShort) appendMillionths(target, millionths)
  else appendAscii(target, formatDouble(value))
}

export function formatDouble(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

export function toBigInt(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0)
}

function appendMillionths(target: ByteStream, millionths: number): void {
  const whole = Math.trunc(millionths / MILLION)
  let fraction = millionths - whole * MILLION
  let decimals = fraction === 0 ? 0 : 6
  for (; decimals > 0 && fraction % 10 === 0; decimals--) fraction /= 10
  const digits = digitsOf(whole)
  target.reserve(SMALL_NUMBER_BYTES_MAX)
  const { view } = target
  const at = target.length + 1
  const length = digits + (decimals === 0 ? 0 : decimals + 1)
  view.setUint8(at - 1, length)
  writeDigits(view, at, digits, whole)
  if (decimals > 0) {
    view.setUint8(at + digits, POINT)
    writeDigits(view, at + digits + 1, decimals, fraction)
  }
  target.length = at + length
}

function digitsOf(value: number): number {
  let digits = 1
  for (let bound = 10; value >= bound; bound *= 10) digits++
  return digits
}

/** Writes exactly `digits` digits, with leading zeros. */
function writeDigits(view: DataView, at: number, digits: number, value: number): void {
  let rest = value
  for (let i = at + digits - 1; i >= at; i--) {
    // Unsigned, so that no floating point number is made of it.
    const tenth = (rest / 10) >>> 0
    view.setUint8(i, ZERO + (rest - tenth * 10))
    rest = tenth
  }
}
