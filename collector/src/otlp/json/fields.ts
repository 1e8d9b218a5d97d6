/** Reads single fields of records. */
import type { ByteStream } from '../../transcode/byte-stream.ts'
import type { TextRef } from '../../transcode/text-ref.ts'
import { Int64Reader } from './int64.ts'
import type { JsonCursor } from './json-cursor.ts'
import { hexDigit } from './unescape.ts'

const decoder = new TextDecoder()
/** Not a length any id may have: the record is rejected. */
const NO_ID = -1

export class FieldReader {
  readonly time: Int64Reader
  readonly #cursor: JsonCursor

  constructor(cursor: JsonCursor) {
    this.#cursor = cursor
    this.time = new Int64Reader(cursor)
  }

  text(into: TextRef): void {
    const cursor = this.#cursor
    if (cursor.takeNull()) return into.clear()
    cursor.string()
    into.set(cursor.source, cursor.from, cursor.length)
  }

  /** Reads a hexadecimal id as its bytes. */
  id(into: TextRef): void {
    const cursor = this.#cursor
    if (cursor.takeNull()) return into.clear()
    cursor.string()
    const { source, from, length, scratch } = cursor
    scratch.reserve(length)
    const isHex = length % 2 === 0 && decodeHex(source.view, from, length, scratch)
    into.set(scratch, scratch.length, isHex ? length >> 1 : NO_ID)
    if (into.length > 0) scratch.length += into.length
  }

  /** A small number or the name of one. */
  enumeration(names: readonly string[]): number {
    const cursor = this.#cursor
    if (cursor.takeNull()) return 0
    const at = cursor.at
    if (!cursor.isString()) return this.int()
    cursor.string()
    const name = decoder.decode(cursor.source.bytes.subarray(cursor.from, cursor.from + cursor.length))
    const number = names.indexOf(name)
    if (number >= 0) return number
    cursor.at = at
    return this.int()
  }

  /** A number of 32 bits. */
  int(): number {
    this.time.readSigned()
    return this.time.low
  }
}

/** Writes the bytes the digits stand for behind the scratch; false when they are no hexadecimal digits. */
function decodeHex(view: DataView, from: number, length: number, scratch: ByteStream): boolean {
  const end = from + length
  let to = scratch.length
  let signs = 0
  for (let at = from; at < end; at += 2, to++) {
    const byte = (hexDigit(view.getUint8(at)) << 4) | hexDigit(view.getUint8(at + 1))
    signs |= byte
    scratch.view.setUint8(to, byte)
  }
  return signs >= 0
}
