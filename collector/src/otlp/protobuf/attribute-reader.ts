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
    const { source } = this.#cursor
    const keyTo = isShortText(source.bytes, from, to)
    if (keyTo === 0) this.#readAny(writer, from, to)
    else writer.textEntry(source, from + 2, keyTo - from - 2, keyTo + 4, to - keyTo - 4)
  }

  #readAny(writer: AttributeWriter, from: number, to: number): void {
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

/** Bytes of the tags and lengths of a name and a string of less than 128 bytes each. */
const SHORT_TEXT_BYTES_MIN = 6

/**
 * Recognises by its bytes what nearly every attribute is: a name, then a string, both short. Returns where the name ends,
 * 0 for everything else.
 */
function isShortText(bytes: Uint8Array, from: number, to: number): number {
  if (to - from < SHORT_TEXT_BYTES_MIN || bytes[from] !== 0x0a) return 0
  const keyLength = bytes[from + 1] ?? 0x80
  const keyTo = from + 2 + keyLength
  const valueLength = to - keyTo - 2
  if (keyLength > 0x7f || valueLength < 2 || valueLength > 0x7f) return 0
  const isText = bytes[keyTo] === 0x12 && bytes[keyTo + 1] === valueLength && bytes[keyTo + 2] === 0x0a
  return isText && bytes[keyTo + 3] === valueLength - 2 ? keyTo : 0
}
