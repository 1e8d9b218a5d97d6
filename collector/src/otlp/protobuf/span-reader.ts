/** Reads Span messages. Tags in `case` are (field number << 3) | wire type. */
import type { SpanRows } from '../../transcode/span-rows.ts'
import type { AttributeReader } from './attribute-reader.ts'
import type { RecordReader } from './request-reader.ts'
import type { WireCursor } from './wire-cursor.ts'

const ATTRIBUTES = 0x4a

export class SpanReader implements RecordReader {
  readonly rows: SpanRows
  readonly #cursor: WireCursor
  readonly #attributes: AttributeReader
  readonly #recordBytesMax: number

  constructor(cursor: WireCursor, attributes: AttributeReader, rows: SpanRows, recordBytesMax: number) {
    this.rows = rows
    this.#cursor = cursor
    this.#attributes = attributes
    this.#recordBytesMax = recordBytesMax
  }

  record(from: number, to: number): void {
    const cursor = this.#cursor
    const { source } = cursor
    const { fields, attributes } = this.rows
    const furthest = from + this.#recordBytesMax
    const shortTo = Math.min(to, furthest)
    for (let at = from; at < to;) {
      at = cursor.next(at, to)
      switch (cursor.tag) {
        case 0x0a: // trace_id
          fields.traceId.set(source, cursor.from, cursor.to - cursor.from)
          break
        case 0x12: // span_id
          fields.spanId.set(source, cursor.from, cursor.to - cursor.from)
          break
        case 0x1a: // trace_state
          fields.traceState.set(source, cursor.from, cursor.to - cursor.from)
          break
        case 0x22: // parent_span_id
          fields.parentSpanId.set(source, cursor.from, cursor.to - cursor.from)
          break
        case 0x2a: // name
          fields.name.set(source, cursor.from, cursor.to - cursor.from)
          break
        case 0x30: // kind
          fields.kind = cursor.int()
          break
        case 0x39: // start_time_unix_nano
          cursor.readFixed64()
          fields.startLow = cursor.low
          fields.startHigh = cursor.high
          break
        case 0x41: // end_time_unix_nano
          cursor.readFixed64()
          fields.endLow = cursor.low
          fields.endHigh = cursor.high
          break
        case ATTRIBUTES:
          if (cursor.from > furthest) this.rows.cut()
          else this.#attributes.read(attributes, cursor.from, cursor.to)
          at = this.#attributes.readShort(attributes, ATTRIBUTES, at, shortTo)
          break
        case 0x5a: // events
          if (cursor.from > furthest) this.rows.cut()
          else this.#event(cursor.from, cursor.to)
          break
        case 0x6a: // links
          if (cursor.from > furthest) this.rows.cut()
          else this.#link(cursor.from, cursor.to)
          break
        case 0x7a: // status
          this.#status(cursor.from, cursor.to)
          break
        default:
      }
    }
    this.rows.endSpan()
  }

  #event(from: number, to: number): void {
    if (!this.rows.events.begin()) return
    const cursor = this.#cursor
    const { fields } = this.rows
    fields.clearEvent()
    for (let at = from; at < to;) {
      at = cursor.next(at, to)
      switch (cursor.tag) {
        case 0x09: // time_unix_nano
          cursor.readFixed64()
          fields.eventLow = cursor.low
          fields.eventHigh = cursor.high
          break
        case 0x12: // name
          fields.eventName.set(cursor.source, cursor.from, cursor.to - cursor.from)
          break
        case 0x1a: // attributes
          this.#attributes.read(this.rows.events.attributes, cursor.from, cursor.to)
          at = this.#attributes.readShort(this.rows.events.attributes, 0x1a, at, to)
          break
        default:
      }
    }
    this.rows.endEvent()
  }

  #link(from: number, to: number): void {
    if (!this.rows.links.begin()) return
    const cursor = this.#cursor
    const { fields } = this.rows
    fields.clearLink()
    for (let at = from; at < to;) {
      at = cursor.next(at, to)
      switch (cursor.tag) {
        case 0x0a: // trace_id
          fields.linkTraceId.set(cursor.source, cursor.from, cursor.to - cursor.from)
          break
        case 0x12: // span_id
          fields.linkSpanId.set(cursor.source, cursor.from, cursor.to - cursor.from)
          break
        case 0x1a: // trace_state
          fields.linkTraceState.set(cursor.source, cursor.from, cursor.to - cursor.from)
          break
        case 0x22: // attributes
          this.#attributes.read(this.rows.links.attributes, cursor.from, cursor.to)
          break
        default:
      }
    }
    this.rows.endLink()
  }

  #status(from: number, to: number): void {
    const cursor = this.#cursor
    const { fields } = this.rows
    for (let at = from; at < to;) {
      at = cursor.next(at, to)
      if (cursor.tag === 0x12) fields.statusMessage.set(cursor.source, cursor.from, cursor.to - cursor.from)
      else if (cursor.tag === 0x18) fields.statusCode = cursor.int()
    }
  }
}
