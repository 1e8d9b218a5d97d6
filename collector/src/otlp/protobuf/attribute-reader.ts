/** Reads KeyValue messages. Tags in `case` are (field number << 3) | wire type. */
import type { AttributeWriter } from '../../transcode/attribute-writer.ts'
import type { OtlpValue } from '../value.ts'
import type { ValueReader } from './value-reader.ts'
import type { WireCursor } from './wire-cursor.ts'

const decoder = new TextDecoder()

export class AttributeReader {
  readonly #cursor: WireCursor
  readonly #values: ValueReader

  constructor(cursor: WireCursor, values: ValueReader) {
    this.#cursor = cursor
    this.#values = values
  }

  /** Gives the attribute in [from, to) to the writer. */
  read(writer: AttributeWriter, from: number, to: number): void {
    const cursor = this.#cursor
    let [keyFrom, keyTo, valueFrom, valueTo] = [0, 0, 0, 0]
    for (let at = from; at < to;) {
      at = cursor.next(at, to)
      if (cursor.tag === 0x0a) {
        keyFrom = cursor.from
        keyTo = cursor.to
      } else if (cursor.tag === 0x12) {
        valueFrom = cursor.from
        valueTo = cursor.to
      }
    }
    writer.key(cursor.source, keyFrom, keyTo - keyFrom)
    this.#values.read(writer, valueFrom, valueTo)
  }

  /** Adds the attribute in [from, to) to a map. The first of equal names counts, as in the columns. */
  collect(into: Map<string, OtlpValue>, from: number, to: number): void {
    const cursor = this.#cursor
    let [key, valueFrom, valueTo] = ['', 0, 0]
    for (let at = from; at < to;) {
      at = cursor.next(at, to)
      if (cursor.tag === 0x0a) key = decoder.decode(cursor.source.bytes.subarray(cursor.from, cursor.to))
      else if (cursor.tag === 0x12) {
        valueFrom = cursor.from
        valueTo = cursor.to
      }
    }
    if (!into.has(key)) into.set(key, this.#values.value(valueFrom, valueTo))
  }
}
