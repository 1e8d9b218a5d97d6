/** Reads LogRecord messages. Tags in `case` are (field number << 3) | wire type. */
import type { LogRows } from '../../transcode/log-rows.ts'
import type { OtlpValue } from '../value.ts'
import type { AttributeReader } from './attribute-reader.ts'
import type { RecordReader } from './request-reader.ts'
import type { ValueReader } from './value-reader.ts'
import type { WireCursor } from './wire-cursor.ts'

const ATTRIBUTES = 0x32

export class LogReader implements RecordReader {
  readonly rows: LogRows
  readonly #cursor: WireCursor
  readonly #attributes: AttributeReader
  readonly #values: ValueReader
  readonly #recordBytesMax: number
  #from = 0
  #to = 0
  readonly #readAttributes = (): ReadonlyMap<string, OtlpValue> => this.#collectAttributes()

  constructor(
    cursor: WireCursor,
    attributes: AttributeReader,
    values: ValueReader,
    rows: LogRows,
    recordBytesMax: number,
  ) {
    this.rows = rows
    this.#cursor = cursor
    this.#attributes = attributes
    this.#values = values
    this.#recordBytesMax = recordBytesMax
  }

  record(from: number, to: number): void {
    const cursor = this.#cursor
    const { source } = cursor
    const { fields, attributes } = this.rows
    const furthest = from + this.#recordBytesMax
    const shortTo = Math.min(to, furthest)
    this.#from = from
    this.#to = to
    for (let at = from; at < to;) {
      at = cursor.next(at, to)
      switch (cursor.tag) {
        case 0x09: // time_unix_nano
          cursor.readFixed64()
          fields.timeLow = cursor.low
          fields.timeHigh = cursor.high
          break
        case 0x10: // severity_number
          fields.severityNumber = cursor.int()
          break
        case 0x1a: // severity_text
          fields.severityText.set(source, cursor.from, cursor.to - cursor.from)
          break
        case 0x2a: // body
          this.#values.read(this.rows, cursor.from, cursor.to)
          break
        case ATTRIBUTES:
          if (cursor.from > furthest) this.rows.cut()
          else this.#attributes.read(attributes, cursor.from, cursor.to)
          at = this.#attributes.readShort(attributes, ATTRIBUTES, at, shortTo)
          break
        case 0x45: // flags
          fields.flags = cursor.fixed32()
          break
        case 0x4a: // trace_id
          fields.traceId.set(source, cursor.from, cursor.to - cursor.from)
          break
        case 0x52: // span_id
          fields.spanId.set(source, cursor.from, cursor.to - cursor.from)
          break
        case 0x59: // observed_time_unix_nano
          cursor.readFixed64()
          fields.observedLow = cursor.low
          fields.observedHigh = cursor.high
          break
        case 0x62: // event_name
          fields.eventName.set(source, cursor.from, cursor.to - cursor.from)
          break
        default:
      }
    }
    this.rows.endLog(this.#readAttributes)
  }

  #collectAttributes(): ReadonlyMap<string, OtlpValue> {
    const cursor = this.#cursor
    const attributes = new Map<string, OtlpValue>()
    for (let at = this.#from; at < this.#to;) {
      at = cursor.next(at, this.#to)
      if (cursor.tag === ATTRIBUTES) this.#attributes.collect(attributes, cursor.from, cursor.to)
    }
    return attributes
  }
}
