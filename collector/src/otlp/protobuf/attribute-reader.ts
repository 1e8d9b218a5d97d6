/** Reads KeyValue messages. Tags in `case` are (field number << 3) | wire type. */
import type { AttributeWriter } from '../../transcode/attribute-writer.ts'
import type { OtlpValue } from '../value.ts'
import type { ValueReader } from './value-reader.ts'
import type { WireCursor } from './wire-cursor.ts'

const decoder = new TextDecoder()

/**
 * A short attribute is made of two heads of four bytes, each with what follows it: the field's tag and length with the tag and
 * length of the name, then the tag and length of the value with those of its string. Every length is below 128.
 */
const NAME_HEAD = 0x0a << 16
const TEXT_HEAD = 0x12 | (0x0a << 16)
/** Of a head: both tags, and the high bits of both lengths. */
const HEAD_MASK = 0x80ff80ff
const HEADS_BYTES = 8

export class AttributeReader {
  readonly #cursor: WireCursor
  readonly #values: ValueReader

  constructor(cursor: WireCursor, values: ValueReader) {
    this.#cursor = cursor
    this.#values = values
  }

  /**
   * Reads the fields with this tag that stand at `at` one behind the other, as long as each is what nearly every attribute is: a
   * name, then a string, both short. Returns where the first other field begins; it may be an attribute too.
   */
  readShort(writer: AttributeWriter, tag: number, at: number, to: number): number {
    const { source } = this.#cursor
    const { view } = source
    const head = tag | NAME_HEAD
    for (let next = at; next + HEADS_BYTES <= to; at = next) {
      const first = view.getInt32(at, true)
      if ((first & HEAD_MASK) !== head) return at
      next = at + 2 + ((first >>> 8) & 0x7f)
      const valueAt = at + 4 + (first >>> 24)
      if (valueAt + 4 > next || next > to) return at
      const second = view.getInt32(valueAt, true)
      const textLength = next - valueAt - 4
      if (second !== (TEXT_HEAD | ((textLength + 2) << 8) | (textLength << 24))) return at
      writer.textEntry(source, at + 4, first >>> 24, valueAt + 4, textLength)
    }
    return at
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
