/** Reads JSON from bytes, one value after the other, strictly, without building objects. */
import { ByteStream } from '../../transcode/byte-stream.ts'
import { DecodeError } from '../decode-error.ts'
import { fieldNumber } from './field-names.ts'
import { unescape } from './unescape.ts'

/** Nesting beyond which a body is refused. */
const DEPTH_MAX = 128

const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACE = 0x20
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const NULL_START = 0x6e
const MINUS = 0x2d
const POINT = 0x2e
const EXPONENT = 0x65

const decoder = new TextDecoder()

/** Behind the last field of an object. */
export const END = -1

export class JsonCursor {
  readonly body = new ByteStream(new Uint8Array(0))
  /** Strings with escapes, decoded; emptied by the readers between records. */
  readonly scratch = new ByteStream()
  at = 0
  /** The string read last. */
  source: ByteStream = this.body
  from = 0
  length = 0
  /** An object or array was just entered: no comma stands before its first element. */
  #fresh = false
  #bytes = this.body.bytes

  open(body: Uint8Array): void {
    this.body.wrap(body)
    this.#bytes = this.body.bytes
    this.at = 0
    this.#fresh = false
    this.scratch.clear()
  }

  /** Lets go of the body. */
  close(): void {
    this.open(new Uint8Array(0))
  }

  /** First byte of the next value or sign; NaN at the end. */
  peek(): number {
    let byte = this.#bytes[this.at] ?? Number.NaN
    while (byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09) {
      byte = this.#bytes[++this.at] ?? Number.NaN
    }
    return byte
  }

  isString(): boolean {
    return this.peek() === QUOTE
  }

  /** Takes a null; false when the next value is something else. */
  takeNull(): boolean {
    if (this.peek() !== NULL_START) return false
    this.literal('null')
    return true
  }

  /** Enters an object; false for null. `nextField` must be called until it returns END. */
  enterObject(): boolean {
    return this.#enter(OPEN_OBJECT, 'an object')
  }

  /** Enters an array; false for null. `nextElement` must be called until it returns false. */
  enterArray(): boolean {
    return this.#enter(OPEN_ARRAY, 'an array')
  }

  /** Moves to the value of the next field and returns the field's number, END behind the last. */
  nextField(): number {
    if (this.#leaves(CLOSE_OBJECT)) return END
    this.string()
    const number = fieldNumber(this.source, this.from, this.length)
    this.#take(COLON, 'a colon')
    return number
  }

  /** Moves to the next element of an array. */
  nextElement(): boolean {
    return !this.#leaves(CLOSE_ARRAY)
  }

  /** Reads a string into `source`, `from` and `length`. */
  string(): void {
    this.#take(QUOTE, 'a string')
    const bytes = this.#bytes
    const from = this.at
    let at = from
    let byte = bytes[at] ?? 0
    while (byte !== QUOTE && byte !== BACKSLASH && byte >= SPACE) byte = bytes[++at] ?? 0
    if (byte === BACKSLASH) return this.#escaped(from, at)
    if (byte !== QUOTE) this.#fail('a string does not end', at)
    this.at = at + 1
    this.source = this.body
    this.from = from
    this.length = at - from
  }

  /** A floating point number; those JSON has no word for stand in quotes. */
  double(): number {
    if (!this.isString()) return Number(this.number())
    const from = this.at
    this.string()
    const text = decoder.decode(this.source.bytes.subarray(this.from, this.from + this.length))
    const value = Number(text)
    if (text !== 'NaN' && (Number.isNaN(value) || text.trim() === '')) this.#fail('expected a number', from)
    return value
  }

  /**
   * Reads an integer, which may stand in quotes, into `source`, `from` and `length`, as its characters. One with a fraction or
   * an exponent is written out.
   */
  digits(): void {
    if (this.isString()) return this.string()
    const from = this.at
    if (this.#takeInteger()) {
      this.source = this.body
      this.from = from
      this.length = this.at - from
      return
    }
    const value = Number(this.number())
    if (!Number.isSafeInteger(value)) this.#fail('expected an integer', from)
    const { scratch } = this
    this.source = scratch
    this.from = scratch.length
    const digits = String(value)
    this.length = digits.length
    scratch.reserve(this.length)
    for (let i = 0; i < this.length; i++) scratch.bytes[scratch.length++] = digits.charCodeAt(i)
  }

  literal(text: string): void {
    for (let i = 0; i < text.length; i++) {
      if (this.#bytes[this.at + i] !== text.charCodeAt(i)) this.#fail(`expected ${text}`, this.at)
    }
    this.at += text.length
  }

  /** Reads the characters of a number as text. */
  number(): string {
    this.peek()
    const from = this.at
    while (isNumberByte(this.#bytes[this.at] ?? 0)) this.at++
    const text = String.fromCharCode(
      ...this.#bytes.subarray(from, Math.min(this.at, from + NUMBER_BYTES_MAX)),
    )
    if (!NUMBER.test(text) || this.at - from > NUMBER_BYTES_MAX) this.#fail('expected a number', from)
    return text
  }

  /** Skips one value of any kind. */
  skip(depth = 0): void {
    switch (this.peek()) {
      case OPEN_OBJECT:
        this.#checkDepth(depth)
        this.enterObject()
        while (this.nextField() !== END) this.skip(depth + 1)
        return
      case OPEN_ARRAY:
        this.#checkDepth(depth)
        this.enterArray()
        while (this.nextElement()) this.skip(depth + 1)
        return
      case QUOTE:
        return this.string()
      case NULL_START:
        return this.literal('null')
      case 0x74:
        return this.literal('true')
      case 0x66:
        return this.literal('false')
      default:
        if (!this.#takeInteger()) this.number()
    }
  }

  expectEnd(): void {
    if (!Number.isNaN(this.peek())) this.#fail('something stands behind the message', this.at)
  }

  fail(problem: string): never {
    return this.#fail(problem, this.at)
  }

  /** Takes the digits of a plain integer; takes nothing and returns false when the next value is anything else. */
  #takeInteger(): boolean {
    const bytes = this.#bytes
    const from = bytes[this.at] === MINUS ? this.at + 1 : this.at
    let at = from
    let byte = bytes[at] ?? 0
    while (byte >= 0x30 && byte <= 0x39) byte = bytes[++at] ?? 0
    const isPlain = byte !== POINT && (byte | 0x20) !== EXPONENT
    const isCanonical = at === from + 1 || (at > from && bytes[from] !== 0x30)
    if (!isPlain || !isCanonical) return false
    this.at = at
    return true
  }

  #enter(sign: number, what: string): boolean {
    if (this.takeNull()) return false
    this.#take(sign, what)
    this.#fresh = true
    return true
  }

  /** Whether the object or array ends here; otherwise the comma before its next element is taken. */
  #leaves(sign: number): boolean {
    const byte = this.peek()
    const isFirst = this.#fresh
    this.#fresh = false
    if (byte === sign) {
      this.at++
      return true
    }
    if (!isFirst) this.#take(COMMA, 'a comma')
    return false
  }

  #take(sign: number, what: string): void {
    if (this.peek() !== sign) this.#fail(`expected ${what}`, this.at)
    this.at++
  }

  #escaped(from: number, firstEscape: number): void {
    const { scratch } = this
    this.from = scratch.length
    this.at = unescape(this.#bytes, from, firstEscape, scratch)
    this.source = scratch
    this.length = scratch.length - this.from
  }

  #checkDepth(depth: number): void {
    if (depth >= DEPTH_MAX) this.#fail(`nesting deeper than ${DEPTH_MAX}`, this.at)
  }

  #fail(problem: string, at: number): never {
    throw new DecodeError(problem, at)
  }
}

/** Digits of a 64-bit integer or a double, with room for zeros nobody needs. */
const NUMBER_BYTES_MAX = 64
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/

function isNumberByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e ||
    (byte | 0x20) === 0x65
  )
}
