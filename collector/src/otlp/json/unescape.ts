/** Decodes JSON strings that hold escapes. */
import { appendBytes } from '../../transcode/append.ts'
import type { ByteStream } from '../../transcode/byte-stream.ts'
import { DecodeError } from '../decode-error.ts'
import { plainEnd } from './plain-end.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACE = 0x20
const UNICODE = 0x75
const REPLACEMENT = 0xfffd
/** UTF-8 bytes of one code point. */
const CODE_POINT_BYTES_MAX = 4

/** Byte behind the backslash to the byte it stands for; 0 for none. */
const SIMPLE = new Uint8Array(256)
for (const [escape, meant] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t'].map((pair) => [
  pair.charCodeAt(0),
  pair.charCodeAt(1),
])) {
  SIMPLE[escape ?? 0] = meant ?? 0
}

/** Byte to the hexadecimal digit it is; -1 for none. */
const HEX_DIGITS = new Int8Array(256).fill(-1)
for (const [value, digits] of Array.from('0123456789abcdef', (digit) => [
  digit,
  digit.toUpperCase(),
]).entries()) {
  for (const digit of digits) HEX_DIGITS[digit.charCodeAt(0)] = value
}

/**
 * Appends the string that begins at `from`, behind its quote, to the target, as UTF-8. `escape` is the place of its first
 * backslash. Returns the place behind the closing quote. Half a surrogate pair becomes U+FFFD.
 */
export function unescape(source: ByteStream, from: number, escape: number, target: ByteStream): number {
  const { bytes, view } = source
  let at = copyPlain(source, from, escape, target)
  for (;;) {
    const byte = bytes[at] ?? 0
    if (byte === QUOTE) return at + 1
    if (byte === BACKSLASH) at = unescapeOne(bytes, at + 1, target)
    else if (byte < SPACE) throw new DecodeError('a string does not end', at)
    else at = copyPlain(source, at, plainEnd(view, at), target)
  }
}

function copyPlain(source: ByteStream, from: number, to: number, target: ByteStream): number {
  appendBytes(target, source, from, to - from)
  return to
}

/** `at` is behind the backslash. */
function unescapeOne(bytes: Uint8Array, at: number, target: ByteStream): number {
  const kind = bytes[at] ?? 0
  target.reserve(CODE_POINT_BYTES_MAX)
  if (kind === UNICODE) return unescapeUnicode(bytes, at + 1, target)
  const meant = SIMPLE[kind] ?? 0
  if (meant === 0) throw new DecodeError('no such escape', at)
  target.bytes[target.length++] = meant
  return at + 1
}

function unescapeUnicode(bytes: Uint8Array, at: number, target: ByteStream): number {
  const unit = hexUnit(bytes, at)
  if (unit < 0xd800 || unit > 0xdfff) return putCodePoint(target, unit, at + 4)
  const isPair = unit < 0xdc00 && bytes[at + 4] === BACKSLASH && bytes[at + 5] === UNICODE
  const low = isPair ? hexUnit(bytes, at + 6) : 0
  if (low < 0xdc00 || low > 0xdfff) return putCodePoint(target, REPLACEMENT, at + 4)
  return putCodePoint(target, 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00), at + 10)
}

function hexUnit(bytes: Uint8Array, at: number): number {
  let unit = 0
  for (let i = at; i < at + 4; i++) unit = (unit << 4) | hexDigit(bytes[i] ?? 0)
  if (unit < 0) throw new DecodeError('no hexadecimal digits behind \\u', at)
  return unit
}

/** Negative when it is none. */
export function hexDigit(byte: number): number {
  return HEX_DIGITS[byte] ?? -1
}

function putCodePoint(target: ByteStream, point: number, next: number): number {
  const { bytes } = target
  if (point < 0x80) bytes[target.length++] = point
  else {
    const more = point < 0x800 ? 1 : point < 0x1_0000 ? 2 : 3
    const lead = [0, 0xc0, 0xe0, 0xf0][more] ?? 0
    bytes[target.length++] = lead | (point >> (6 * more))
    for (let i = more - 1; i >= 0; i--) bytes[target.length++] = 0x80 | ((point >> (6 * i)) & 0x3f)
  }
  return next
}
