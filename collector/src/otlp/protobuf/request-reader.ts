/**
 * Reads export requests of either signal: their resources and scopes have the same shape.
 * Tags are (field number << 3) | wire type. A resource or scope sent in pieces is merged, as protobuf demands.
 */
import type { ParentRows } from '../../transcode/parent-rows.ts'
import type { RepeatedColumn } from '../../transcode/repeated-columns.ts'
import type { TableRows } from '../../transcode/table-rows.ts'
import type { AttributeReader } from './attribute-reader.ts'
import type { WireCursor } from './wire-cursor.ts'

export interface RecordReader {
  readonly rows: TableRows
  /** Reads the record in [from, to). */
  record(from: number, to: number): void
}

const FIRST = 0x0a
const SECOND = 0x12
const THIRD = 0x1a

export class RequestReader {
  readonly #cursor: WireCursor
  readonly #attributes: AttributeReader
  readonly #records: RecordReader
  readonly #parents: ParentRows

  constructor(cursor: WireCursor, attributes: AttributeReader, records: RecordReader) {
    this.#cursor = cursor
    this.#attributes = attributes
    this.#records = records
    this.#parents = records.rows.parents
  }

  read(body: Uint8Array): void {
    this.#cursor.open(body)
    try {
      this.#each(FIRST, 0, body.length, (from, to) => this.#resourceRecords(from, to))
    } finally {
      this.#cursor.close()
    }
  }

  /** ResourceSpans, ResourceLogs: resource = 1, scopes = 2, schema_url = 3 */
  #resourceRecords(from: number, to: number): void {
    const { rows } = this.#records
    rows.beginResource()
    this.#each(FIRST, from, to, (start, end) => this.#resource(start, end))
    this.#each(THIRD, from, to, (start, end) => this.#schemaUrl(this.#parents.resourceSchemaUrl, start, end))
    this.#parents.endResourceHeader()
    this.#each(SECOND, from, to, (start, end) => this.#scopeRecords(start, end))
    rows.endResource()
  }

  /** Resource: attributes = 1 */
  #resource(from: number, to: number): void {
    const writer = this.#parents.resourceAttributes
    this.#each(FIRST, from, to, (start, end) => this.#attributes.read(writer, start, end))
  }

  /** ScopeSpans, ScopeLogs: scope = 1, records = 2, schema_url = 3 */
  #scopeRecords(from: number, to: number): void {
    const { rows } = this.#records
    rows.beginScope()
    this.#each(FIRST, from, to, (start, end) => this.#scope(start, end))
    this.#each(THIRD, from, to, (start, end) => this.#schemaUrl(this.#parents.scopeSchemaUrl, start, end))
    this.#parents.endScopeHeader()
    this.#eachRecord(from, to)
    rows.endScope()
  }

  /** InstrumentationScope: name = 1, version = 2, attributes = 3 */
  #scope(from: number, to: number): void {
    const parents = this.#parents
    this.#each(FIRST, from, to, (start, end) => this.#put(parents.scopeName, start, end))
    this.#each(SECOND, from, to, (start, end) => this.#put(parents.scopeVersion, start, end))
    this.#each(THIRD, from, to, (start, end) => this.#attributes.read(parents.scopeAttributes, start, end))
  }

  #eachRecord(from: number, to: number): void {
    const cursor = this.#cursor
    const records = this.#records
    for (let at = from; at < to;) {
      at = cursor.next(at, to)
      if (cursor.tag !== SECOND) continue
      if (records.rows.admit(cursor.to - cursor.from)) records.record(cursor.from, cursor.to)
    }
  }

  #each(tag: number, from: number, to: number, read: (from: number, to: number) => void): void {
    const cursor = this.#cursor
    for (let at = from; at < to;) {
      at = cursor.next(at, to)
      if (cursor.tag === tag) read(cursor.from, cursor.to)
    }
  }

  #put(column: RepeatedColumn, from: number, to: number): void {
    this.#parents.put(column, this.#cursor.source, from, to - from)
  }

  #schemaUrl(column: RepeatedColumn, from: number, to: number): void {
    this.#parents.putSchemaUrl(column, this.#cursor.source, from, to - from)
  }
}
