/** Reads single fields of records. */
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
    const { source, from, length } = cursor
    const { scratch } = cursor
    scratch.reserve(length)
    into.set(scratch, scratch.length, this.#hex(source.bytes, from, length) ? length / 2 : NO_ID)
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

  /** Appends the bytes the digits stand for behind the scratch; false when they are no hexadecimal digits. */
  #hex(bytes: Uint8Array, from: number, length: number): boolean {
    const { scratch } = this.#cursor
    for (let i = 0; i < length; i += 2) {
      const byte =
        (hexDigit(bytes[from + i] ?? 0) << 4) | hexDigit(i + 1 < length ? (bytes[from + i + 1] ?? 0) : 0)
      if (byte < 0) return false
      scratch.bytes[scratch.length + (i >> 1)] = byte
    }
    return length % 2 === 0
  }
}
