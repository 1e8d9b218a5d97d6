/** Reads AnyValue messages. Tags in `case` are (field number << 3) | wire type. */
import type { TextWriter } from '../../transcode/text-writer.ts'
import { toBigInt } from '../../transcode/number-text.ts'
import { renderValue } from '../render-value.ts'
import type { OtlpValue, ValueSink } from '../value.ts'
import type { ValueBudget } from '../value-budget.ts'
import type { WireCursor } from './wire-cursor.ts'

const decoder = new TextDecoder()
const EMPTY = 0

export class ValueReader {
  readonly #cursor: WireCursor
  readonly #budget: ValueBudget
  readonly #text: TextWriter

  constructor(cursor: WireCursor, budget: ValueBudget, text: TextWriter) {
    this.#cursor = cursor
    this.#budget = budget
    this.#text = text
  }

  /** Gives the value in [from, to) to the sink, exactly once. */
  read(sink: ValueSink, from: number, to: number): void {
    const cursor = this.#cursor
    switch (this.#select(from, to)) {
      case 0x0a: // string_value
        return sink.text(cursor.source, cursor.from, cursor.to - cursor.from)
      case 0x10: // bool_value
        return sink.plain(cursor.int() === 0 ? 'false' : 'true')
      case 0x18: // int_value
        cursor.readVarint()
        return sink.integer(cursor.low, cursor.high)
      case 0x21: // double_value
        return sink.double(cursor.double())
      case EMPTY:
        return sink.plain('')
      default:
        return sink.rendered(this.#render(from, to))
    }
  }

  /** The value in [from, to) as an object. */
  value(from: number, to: number): OtlpValue {
    this.#budget.begin()
    const value = this.#value(from, to)
    if (this.#budget.exceeded) this.#text.truncated = true
    return value
  }

  #render(from: number, to: number): string {
    return renderValue(this.value(from, to))
  }

  /** Finds the field of the oneof that counts, the last, and leaves its payload in the cursor; EMPTY when none. */
  #select(from: number, to: number): number {
    const cursor = this.#cursor
    let tag = EMPTY
    let [payloadFrom, payloadTo] = [0, 0]
    for (let at = from; at < to;) {
      at = cursor.next(at, to)
      if (!isValueTag(cursor.tag)) continue
      tag = cursor.tag
      payloadFrom = cursor.from
      payloadTo = cursor.to
    }
    cursor.from = payloadFrom
    cursor.to = payloadTo
    return tag
  }

  #value(from: number, to: number): OtlpValue {
    const cursor = this.#cursor
    switch (this.#select(from, to)) {
      case 0x0a:
        return this.#string(cursor.from, cursor.to)
      case 0x10:
        return cursor.int() !== 0
      case 0x18:
        cursor.readVarint()
        return toBigInt(cursor.low, cursor.high)
      case 0x21:
        return cursor.double()
      case 0x2a: // array_value
        return this.#nested((start, end) => this.#array(start, end))
      case 0x32: // kvlist_value
        return this.#nested((start, end) => this.#map(start, end))
      case 0x3a: // bytes_value
        return this.#bytes(cursor.from, cursor.to)
      default:
        return null
    }
  }

  #nested(read: (from: number, to: number) => OtlpValue): OtlpValue {
    if (!this.#budget.enter()) return null
    const value = read(this.#cursor.from, this.#cursor.to)
    this.#budget.leave()
    return value
  }

  #array(from: number, to: number): OtlpValue {
    const cursor = this.#cursor
    const values: OtlpValue[] = []
    for (let at = from; at < to;) {
      at = cursor.next(at, to)
      if (cursor.tag !== 0x0a) continue
      if (!this.#budget.takeElement()) break
      values.push(this.#value(cursor.from, cursor.to))
    }
    return values
  }

  #map(from: number, to: number): OtlpValue {
    const cursor = this.#cursor
    const values = new Map<string, OtlpValue>()
    for (let at = from; at < to;) {
      at = cursor.next(at, to)
      if (cursor.tag !== 0x0a) continue
      if (!this.#budget.takeElement()) break
      this.#entry(values, cursor.from, cursor.to)
    }
    return values
  }

  #entry(values: Map<string, OtlpValue>, from: number, to: number): void {
    const cursor = this.#cursor
    let key = ''
    let value: OtlpValue = null
    for (let at = from; at < to;) {
      at = cursor.next(at, to)
      if (cursor.tag === 0x0a) key = this.#string(cursor.from, cursor.to)
      else if (cursor.tag === 0x12) value = this.#value(cursor.from, cursor.to)
    }
    values.set(key, value)
  }

  #string(from: number, to: number): string {
    return decoder.decode(this.#bounded(from, to))
  }

  #bytes(from: number, to: number): Uint8Array {
    return this.#bounded(from, to).slice()
  }

  #bounded(from: number, to: number): Uint8Array {
    return this.#cursor.source.bytes.subarray(from, from + this.#budget.takeText(to - from))
  }
}

function isValueTag(tag: number): boolean {
  return (
    tag === 0x0a ||
    tag === 0x10 ||
    tag === 0x18 ||
    tag === 0x21 ||
    tag === 0x2a ||
    tag === 0x32 ||
    tag === 0x3a
  )
}
