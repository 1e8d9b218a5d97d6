/** Reads LogRecord objects. */
import type { LogRows } from '../../transcode/log-rows.ts'
import type { OtlpValue } from '../value.ts'
import type { AttributeReader } from './attribute-reader.ts'
import {
  ATTRIBUTES,
  BODY,
  EVENT_NAME,
  FLAGS,
  OBSERVED_TIME_UNIX_NANO,
  SEVERITY_NUMBER,
  SEVERITY_TEXT,
  SPAN_ID,
  TIME_UNIX_NANO,
  TRACE_ID,
} from './field-names.ts'
import { FieldReader } from './fields.ts'
import { END, type JsonCursor } from './json-cursor.ts'
import type { RecordReader } from './request-reader.ts'
import type { ValueReader } from './value-reader.ts'

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']
const SEVERITIES = [
  'UNSPECIFIED',
  ...LEVELS.flatMap((level) => [level, `${level}2`, `${level}3`, `${level}4`]),
].map((severity) => `SEVERITY_NUMBER_${severity}`)

export class LogReader implements RecordReader {
  readonly rows: LogRows
  readonly #cursor: JsonCursor
  readonly #fields: FieldReader
  readonly #attributes: AttributeReader
  readonly #values: ValueReader
  readonly #recordBytesMax: number
  #from = 0
  readonly #readAttributes = (): ReadonlyMap<string, OtlpValue> => this.#collectAttributes()

  constructor(
    cursor: JsonCursor,
    attributes: AttributeReader,
    values: ValueReader,
    rows: LogRows,
    recordBytesMax: number,
  ) {
    this.rows = rows
    this.#cursor = cursor
    this.#fields = new FieldReader(cursor)
    this.#attributes = attributes
    this.#values = values
    this.#recordBytesMax = recordBytesMax
  }

  record(): void {
    const cursor = this.#cursor
    this.#from = cursor.at
    if (cursor.enterObject()) {
      for (let field = cursor.nextField(); field !== END; field = cursor.nextField()) this.#field(field)
    }
    this.rows.endLog(this.#readAttributes)
  }

  #field(field: number): void {
    const read = this.#fields
    const { fields, attributes } = this.rows
    switch (field) {
      case TIME_UNIX_NANO:
        read.time.readUnsigned()
        fields.timeLow = read.time.low
        fields.timeHigh = read.time.high
        break
      case OBSERVED_TIME_UNIX_NANO:
        read.time.readUnsigned()
        fields.observedLow = read.time.low
        fields.observedHigh = read.time.high
        break
      case SEVERITY_NUMBER:
        fields.severityNumber = read.enumeration(SEVERITIES)
        break
      case SEVERITY_TEXT:
        read.text(fields.severityText)
        break
      case BODY:
        this.#values.read()
        this.#values.give(this.rows)
        break
      case ATTRIBUTES:
        this.#attributes.read(attributes, this.#from + this.#recordBytesMax)
        break
      case FLAGS:
        fields.flags = read.int()
        break
      case TRACE_ID:
        read.id(fields.traceId)
        break
      case SPAN_ID:
        read.id(fields.spanId)
        break
      case EVENT_NAME:
        read.text(fields.eventName)
        break
      default:
        this.#cursor.skip()
    }
  }

  #collectAttributes(): ReadonlyMap<string, OtlpValue> {
    const cursor = this.#cursor
    const behind = cursor.at
    const attributes = new Map<string, OtlpValue>()
    cursor.at = this.#from
    cursor.enterObject()
    for (let field = cursor.nextField(); field !== END; field = cursor.nextField()) {
      if (field === ATTRIBUTES) this.#attributes.collect(attributes)
      else cursor.skip()
    }
    cursor.at = behind
    return attributes
  }
}
