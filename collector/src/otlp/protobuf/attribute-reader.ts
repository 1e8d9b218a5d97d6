/** Reads KeyValue messages. Tags in `case` are (field number << 3) | wire type. */
import type { AttributeWriter } from '../../transcode/attribute-writer.ts'
import type { OtlpValue } from '../value.ts'
import type { ValueReader } from './value-reader.ts'
import type { WireCursor } from './wire-cursor.ts'

const decoder = new TextDecoder()

/**
 * A short attribute begins with two heads of four bytes: the field's tag and length with the tag and length of the name, and,
 * behind the name, the tag and length of the value with the tag and first byte of what it is. Every length is below 128.
 */
const HEADS_BYTES = 8
const NAME_HEAD = 0x0a << 16
/** Of the first head: both tags, and the high bits of both lengths. */
const NAME_HEAD_MASK = 0x80ff80ff
const VALUE = 0x12
/** Bytes of an integer that fits 28 bits. */
const SHORT_INTEGER_BYTES_MAX = 4

export class AttributeReader {
  readonly #cursor: WireCursor
  readonly #values: ValueReader

  constructor(cursor: WireCursor, values: ValueReader) {
    this.#cursor = cursor
    this.#values = values
  }

  /**
   * Reads the fields with this tag that stand at `at` one behind the other, as long as each is what nearly every attribute is: a
   * short name, then a short string or a number. Returns where the first other field begins; it may be an attribute too.
   */
  readShort(writer: AttributeWriter, tag: number, at: number, to: number): number {
    const { source } = this.#cursor
    const { view } = source
    const head = tag | NAME_HEAD
    for (let next = at; next + HEADS_BYTES <= to; at = next) {
      const first = view.getInt32(at, true)
      if ((first & NAME_HEAD_MASK) !== head) return at
      next = at + 2 + ((first >>> 8) & 0x7f)
      const nameLength = first >>> 24
      const valueAt = at + 4 + nameLength
      if (valueAt + 4 > next || next > to) return at
      const second = view.getInt32(valueAt, true)
      if ((second & 0xffff) !== (VALUE | ((next - valueAt - 2) << 8))) return at
      if (((second >>> 16) & 0xff) === 0x0a) {
        if (second >>> 24 !== next - valueAt - 4) return at
        writer.textEntry(source, at + 4, nameLength, valueAt + 4, second >>> 24)
      } else {
        writer.key(source, at + 4, nameLength)
        if (!readNumber(writer, view, valueAt + 2, next)) return at
      }
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

/** Gives the number in [at, end) to the writer; false when it is another value, or none that is short. */
function readNumber(writer: AttributeWriter, view: DataView, at: number, end: number): boolean {
  const length = end - at - 1
  switch (view.getUint8(at)) {
    case 0x18: // int_value
      if (length > SHORT_INTEGER_BYTES_MAX) return false
      return readInteger(writer, view, at + 1, end)
    case 0x21: // double_value
      if (length !== 8) return false
      writer.double(view.getFloat64(at + 1, true))
      return true
    default:
      return false
  }
}

function readInteger(writer: AttributeWriter, view: DataView, at: number, end: number): boolean {
  let value = 0
  for (let i = at; i < end; i++) {
    const byte = view.getUint8(i)
    // Only the last byte says that it is the last.
    if (byte > 0x7f !== i + 1 < end) return false
    value |= (byte & 0x7f) << (7 * (i - at))
  }
  writer.integer(value, 0)
  return true
}
