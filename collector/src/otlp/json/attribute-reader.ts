/** Reads arrays of KeyValue objects. */
import type { AttributeWriter } from '../../transcode/attribute-writer.ts'
import { TextRef } from '../../transcode/text-ref.ts'
import type { OtlpValue } from '../value.ts'
import { CompactEntry } from './compact-entry.ts'
import { KEY, VALUE } from './field-names.ts'
import { END, type JsonCursor } from './json-cursor.ts'
import type { ValueReader } from './value-reader.ts'

const decoder = new TextDecoder()

export class AttributeReader {
  readonly #cursor: JsonCursor
  readonly #values: ValueReader
  readonly #key: TextRef
  readonly #compact: CompactEntry

  constructor(cursor: JsonCursor, values: ValueReader) {
    this.#cursor = cursor
    this.#values = values
    this.#key = new TextRef(cursor.body)
    this.#compact = new CompactEntry(cursor)
  }

  /** Gives the attributes of the next array to the writer; those that begin behind `furthest` are skipped. */
  read(writer: AttributeWriter, furthest = Infinity): void {
    const cursor = this.#cursor
    if (!cursor.enterArray()) return
    while (cursor.nextElement()) {
      if (cursor.at > furthest) {
        writer.drop()
        cursor.skip()
        continue
      }
      if (!this.#compact.read(writer)) this.#general(writer)
    }
  }

  #general(writer: AttributeWriter): void {
    this.#entry()
    writer.key(this.#key.source, this.#key.at, this.#key.length)
    this.#values.give(writer)
  }

  /** Adds the attributes of the next array to a map. The first of equal names counts, as in the columns. */
  collect(into: Map<string, OtlpValue>): void {
    const cursor = this.#cursor
    if (!cursor.enterArray()) return
    while (cursor.nextElement()) {
      this.#entry()
      const { source, at, length } = this.#key
      const key = decoder.decode(source.bytes.subarray(at, at + length))
      if (!into.has(key)) into.set(key, this.#values.value())
    }
  }

  #entry(): void {
    const cursor = this.#cursor
    this.#key.clear()
    this.#values.clear()
    if (!cursor.enterObject()) return
    for (let field = cursor.nextField(); field !== END; field = cursor.nextField()) {
      if (field === KEY) this.#readKey()
      else if (field === VALUE) this.#values.read()
      else cursor.skip()
    }
  }

  #readKey(): void {
    if (this.#cursor.takeNull()) return
    this.#cursor.string()
    this.#key.set(this.#cursor.source, this.#cursor.from, this.#cursor.length)
  }
}
