/** Reads Span objects. */
import type { SpanRows } from '../../transcode/span-rows.ts'
import type { AttributeReader } from './attribute-reader.ts'
import {
  ATTRIBUTES,
  CODE,
  END_TIME_UNIX_NANO,
  EVENTS,
  KIND,
  LINKS,
  MESSAGE,
  NAME,
  PARENT_SPAN_ID,
  SPAN_ID,
  START_TIME_UNIX_NANO,
  STATUS,
  TIME_UNIX_NANO,
  TRACE_ID,
  TRACE_STATE,
} from './field-names.ts'
import { FieldReader } from './fields.ts'
import { END, type JsonCursor } from './json-cursor.ts'
import type { RecordReader } from './request-reader.ts'

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map(
  (kind) => `SPAN_KIND_${kind}`,
)
const CODES = ['UNSET', 'OK', 'ERROR'].map((code) => `STATUS_CODE_${code}`)

export class SpanReader implements RecordReader {
  readonly rows: SpanRows
  readonly #cursor: JsonCursor
  readonly #fields: FieldReader
  readonly #attributes: AttributeReader
  readonly #recordBytesMax: number

  constructor(cursor: JsonCursor, attributes: AttributeReader, rows: SpanRows, recordBytesMax: number) {
    this.rows = rows
    this.#cursor = cursor
    this.#fields = new FieldReader(cursor)
    this.#attributes = attributes
    this.#recordBytesMax = recordBytesMax
  }

  record(): void {
    const cursor = this.#cursor
    const read = this.#fields
    const { fields, attributes } = this.rows
    const furthest = cursor.at + this.#recordBytesMax
    if (cursor.enterObject()) {
      for (let field = cursor.nextField(); field !== END; field = cursor.nextField()) {
        switch (field) {
          case TRACE_ID:
            read.id(fields.traceId)
            break
          case SPAN_ID:
            read.id(fields.spanId)
            break
          case PARENT_SPAN_ID:
            read.id(fields.parentSpanId)
            break
          case TRACE_STATE:
            read.text(fields.traceState)
            break
          case NAME:
            read.text(fields.name)
            break
          case KIND:
            fields.kind = read.enumeration(KINDS)
            break
          case START_TIME_UNIX_NANO:
            read.time.readUnsigned()
            fields.startLow = read.time.low
            fields.startHigh = read.time.high
            break
          case END_TIME_UNIX_NANO:
            read.time.readUnsigned()
            fields.endLow = read.time.low
            fields.endHigh = read.time.high
            break
          case ATTRIBUTES:
            this.#attributes.read(attributes, furthest)
            break
          case EVENTS:
            this.#events(furthest)
            break
          case LINKS:
            this.#links(furthest)
            break
          case STATUS:
            this.#status()
            break
          default:
            cursor.skip()
        }
      }
    }
    this.rows.endSpan()
  }

  #events(furthest: number): void {
    const cursor = this.#cursor
    if (!cursor.enterArray()) return
    while (cursor.nextElement()) {
      if (cursor.at <= furthest) this.#event()
      else this.#cut()
    }
  }

  #links(furthest: number): void {
    const cursor = this.#cursor
    if (!cursor.enterArray()) return
    while (cursor.nextElement()) {
      if (cursor.at <= furthest) this.#link()
      else this.#cut()
    }
  }

  #cut(): void {
    this.rows.cut()
    this.#cursor.skip()
  }

  #event(): void {
    const cursor = this.#cursor
    const { fields, events } = this.rows
    if (!events.begin()) return cursor.skip()
    fields.clearEvent()
    if (cursor.enterObject()) {
      for (let field = cursor.nextField(); field !== END; field = cursor.nextField()) {
        if (field === TIME_UNIX_NANO) {
          this.#fields.time.readUnsigned()
          fields.eventLow = this.#fields.time.low
          fields.eventHigh = this.#fields.time.high
        } else if (field === NAME) this.#fields.text(fields.eventName)
        else if (field === ATTRIBUTES) this.#attributes.read(events.attributes)
        else cursor.skip()
      }
    }
    this.rows.endEvent()
  }

  #link(): void {
    const cursor = this.#cursor
    const { fields, links } = this.rows
    if (!links.begin()) return cursor.skip()
    fields.clearLink()
    if (cursor.enterObject()) {
      for (let field = cursor.nextField(); field !== END; field = cursor.nextField()) {
        if (field === TRACE_ID) this.#fields.id(fields.linkTraceId)
        else if (field === SPAN_ID) this.#fields.id(fields.linkSpanId)
        else if (field === TRACE_STATE) this.#fields.text(fields.linkTraceState)
        else if (field === ATTRIBUTES) this.#attributes.read(links.attributes)
        else cursor.skip()
      }
    }
    this.rows.endLink()
  }

  #status(): void {
    const cursor = this.#cursor
    const { fields } = this.rows
    if (!cursor.enterObject()) return
    for (let field = cursor.nextField(); field !== END; field = cursor.nextField()) {
      if (field === CODE) fields.statusCode = this.#fields.enumeration(CODES)
      else if (field === MESSAGE) this.#fields.text(fields.statusMessage)
      else cursor.skip()
    }
  }
}
