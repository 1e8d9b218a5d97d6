/** Reads JSON from bytes, one value after the other, strictly, without building objects. */
import { ByteStream } from '../../transcode/byte-stream.ts'
import { DecodeError } from '../decode-error.ts'
import { fieldNumber, knownNameAt } from './field-names.ts'
import { plainEnd } from './plain-end.ts'
import type { Token } from './token.ts'
import { unescape } from './unescape.ts'

/** Nesting beyond which a body is refused. */
const DEPTH_MAX = 128
/** Digits of a 64-bit integer or a double, with room for zeros nobody needs. */
const NUMBER_BYTES_MAX = 64

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

const decoder = new TextDecoder()

/** Behind the last field of an object. */
export const END = -1
/** Sign of the end of a body: no byte. */
const NOTHING = -1

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
  #view = this.body.view
  #end = 0

  open(body: Uint8Array): void {
    this.body.wrap(body)
    this.#view = this.body.view
    this.#end = body.length
    this.at = 0
    this.#fresh = false
    this.scratch.clear()
  }

  /** Lets go of the body. */
  close(): void {
    this.open(new Uint8Array(0))
  }

  /** First byte of the next value or sign; negative at the end. */
  peek(): number {
    while (this.at < this.#end) {
      const byte = this.#view.getUint8(this.at)
      if (byte > SPACE || !isBlank(byte)) return byte
      this.at++
    }
    return NOTHING
  }

  isAtEnd(): boolean {
    return this.peek() === NOTHING
  }

  isString(): boolean {
    return this.peek() === QUOTE
  }

  isNull(): boolean {
    return this.peek() === NULL_START
  }

  /** Takes a null; false when the next value is something else. */
  takeNull(): boolean {
    if (!this.isNull()) return false
    this.literal('null')
    return true
  }

  /** Takes the token when it stands right here; false when it does not, or the end of the body is close. */
  take(token: Token): boolean {
    if (!token.isAt(this.#view, this.at)) return false
    this.at += token.length
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
    this.peek()
    const known = knownNameAt(this.#view, this.at)
    if (known === undefined) return this.#rareField()
    this.at += known.token.length
    this.#takeSign(COLON, 'a colon')
    return known.number
  }

  /** Moves to the next element of an array. */
  nextElement(): boolean {
    return !this.#leaves(CLOSE_ARRAY)
  }

  /** Reads a string into `source`, `from` and `length`. */
  string(): void {
    this.#takeSign(QUOTE, 'a string')
    if (!this.takePlain()) this.#escaped(this.at, plainEnd(this.#view, this.at))
  }

  /** Reads the rest of a string, the cursor standing behind its quote; takes nothing and returns false when it has escapes. */
  takePlain(): boolean {
    const end = plainEnd(this.#view, this.at)
    if (end >= this.#end || this.#view.getUint8(end) !== QUOTE) return false
    this.source = this.body
    this.from = this.at
    this.length = end - this.at
    this.at = end + 1
    return true
  }

  literal(text: string): void {
    for (let i = 0; i < text.length; i++) {
      if (this.body.bytes[this.at + i] !== text.charCodeAt(i)) this.failAt(`expected ${text}`, this.at)
    }
    this.at += text.length
  }

  /** Reads the characters of a number, which may stand in quotes. */
  numberText(): string {
    if (!this.isString()) return this.number()
    this.string()
    return decoder.decode(this.source.bytes.subarray(this.from, this.from + this.length))
  }

  /** Reads the characters of a number as text. */
  number(): string {
    this.peek()
    const from = this.at
    while (this.at < this.#end && isNumberByte(this.#view.getUint8(this.at))) this.at++
    const kept = Math.min(this.at, from + NUMBER_BYTES_MAX)
    const text = String.fromCharCode(...this.body.bytes.subarray(from, kept))
    if (!NUMBER.test(text) || this.at - from > NUMBER_BYTES_MAX) this.failAt('expected a number', from)
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
        if (!this.#takeDigit()) this.number()
    }
  }

  expectEnd(): void {
    if (!this.isAtEnd()) this.failAt('something stands behind the message', this.at)
  }

  fail(problem: string): never {
    return this.failAt(problem, this.at)
  }

  failAt(problem: string, at: number): never {
    throw new DecodeError(problem, at)
  }

  /** Takes a number of a single digit, as most that are skipped are; takes nothing when there is anything else. */
  #takeDigit(): boolean {
    if (this.at + 1 >= this.#end) return false
    const behind = this.#view.getUint8(this.at + 1)
    if (!isDigit(this.#view.getUint8(this.at)) || isNumberByte(behind)) return false
    this.at++
    return true
  }

  #rareField(): number {
    this.string()
    const number = fieldNumber(this.source.bytes.subarray(this.from, this.from + this.length))
    this.#takeSign(COLON, 'a colon')
    return number
  }

  #enter(sign: number, what: string): boolean {
    if (this.takeNull()) return false
    this.#takeSign(sign, what)
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
    if (!isFirst) this.#takeSign(COMMA, 'a comma')
    return false
  }

  #takeSign(sign: number, what: string): void {
    if (this.peek() !== sign) this.failAt(`expected ${what}`, this.at)
    this.at++
  }

  #escaped(from: number, end: number): void {
    if (end >= this.#end || this.#view.getUint8(end) !== BACKSLASH) this.failAt('a string does not end', end)
    const { scratch } = this
    this.from = scratch.length
    this.at = unescape(this.body, from, end, scratch)
    this.source = scratch
    this.length = scratch.length - this.from
  }

  #checkDepth(depth: number): void {
    if (depth >= DEPTH_MAX) this.failAt(`nesting deeper than ${DEPTH_MAX}`, this.at)
  }
}

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function isNumberByte(byte: number): boolean {
  return isDigit(byte) || byte === 0x2b || byte === 0x2d || byte === 0x2e || (byte | 0x20) === 0x65
}
