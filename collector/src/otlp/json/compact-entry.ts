/**
 * Reads a KeyValue object in the shape nearly every sender writes it: no blanks, the key first, one scalar value.
 * Anything else is left to the general reader, which starts over.
 */
import type { AttributeWriter } from '../../transcode/attribute-writer.ts'
import { readDouble } from './double.ts'
import { Int64Reader } from './int64.ts'
import type { JsonCursor } from './json-cursor.ts'
import { Token } from './token.ts'

const KEY = new Token('{"key":"')
const VALUE = new Token(',"value":{"')
const STRING = new Token('stringValue":"')
const INT = new Token('intValue":')
const DOUBLE = new Token('doubleValue":')
const TRUE = new Token('boolValue":true')
const FALSE = new Token('boolValue":false')
const CLOSE = new Token('}}')

export class CompactEntry {
  readonly #cursor: JsonCursor
  readonly #int: Int64Reader
  #keyAt = 0
  #keyLength = 0

  constructor(cursor: JsonCursor) {
    this.#cursor = cursor
    this.#int = new Int64Reader(cursor)
  }

  /** Gives the entry that begins right here to the writer; false when it has another shape, and nothing was taken. */
  read(writer: AttributeWriter): boolean {
    const cursor = this.#cursor
    const start = cursor.at
    if (this.#readKey() && this.#readValue(writer)) return true
    cursor.at = start
    return false
  }

  #readKey(): boolean {
    const cursor = this.#cursor
    if (!cursor.take(KEY) || !cursor.takePlain()) return false
    this.#keyAt = cursor.from
    this.#keyLength = cursor.length
    return cursor.take(VALUE)
  }

  #readValue(writer: AttributeWriter): boolean {
    const cursor = this.#cursor
    if (cursor.take(STRING)) return this.#text(writer)
    if (cursor.take(INT)) return this.#integer(writer)
    if (cursor.take(DOUBLE)) return this.#double(writer)
    if (cursor.take(TRUE)) return this.#bool(writer, 'true')
    return cursor.take(FALSE) && this.#bool(writer, 'false')
  }

  #text(writer: AttributeWriter): boolean {
    const cursor = this.#cursor
    if (!cursor.takePlain()) return false
    const { from, length } = cursor
    if (!cursor.take(CLOSE)) return false
    writer.textEntry(cursor.body, this.#keyAt, this.#keyLength, from, length)
    return true
  }

  #integer(writer: AttributeWriter): boolean {
    const cursor = this.#cursor
    if (cursor.isNull()) return false
    this.#int.readSigned()
    if (!cursor.take(CLOSE)) return false
    this.#giveKey(writer)
    writer.integer(this.#int.low, this.#int.high)
    return true
  }

  #double(writer: AttributeWriter): boolean {
    const cursor = this.#cursor
    if (cursor.isNull()) return false
    const value = readDouble(cursor)
    if (!cursor.take(CLOSE)) return false
    this.#giveKey(writer)
    writer.double(value)
    return true
  }

  #bool(writer: AttributeWriter, value: 'true' | 'false'): boolean {
    if (!this.#cursor.take(CLOSE)) return false
    this.#giveKey(writer)
    writer.plain(value)
    return true
  }

  #giveKey(writer: AttributeWriter): void {
    writer.key(this.#cursor.body, this.#keyAt, this.#keyLength)
  }
}
