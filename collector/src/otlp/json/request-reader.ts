/**
 * Reads export requests of either signal: their resources and scopes have the same shape. Records are written once their
 * resource and scope are known, so those that stand before them are read in a second pass.
 */
import type { RepeatedColumn } from '../../transcode/repeated-columns.ts'
import type { ParentRows } from '../../transcode/parent-rows.ts'
import type { TableRows } from '../../transcode/table-rows.ts'
import type { AttributeReader } from './attribute-reader.ts'
import {
  ATTRIBUTES,
  LOG_RECORDS,
  NAME,
  RESOURCE,
  RESOURCE_LOGS,
  RESOURCE_SPANS,
  SCHEMA_URL,
  SCOPE,
  SCOPE_LOGS,
  SCOPE_SPANS,
  SPANS,
  VERSION,
} from './field-names.ts'
import { END, type JsonCursor } from './json-cursor.ts'

export interface RecordReader {
  readonly rows: TableRows
  /** Reads the next object as a record. */
  record(): void
}

/** Names of the arrays on the way to the records of a signal. */
export interface SignalFields {
  readonly resources: number
  readonly scopes: number
  readonly records: number
}

export const traceFields: SignalFields = { resources: RESOURCE_SPANS, scopes: SCOPE_SPANS, records: SPANS }
export const logFields: SignalFields = { resources: RESOURCE_LOGS, scopes: SCOPE_LOGS, records: LOG_RECORDS }

export class RequestReader {
  readonly #cursor: JsonCursor
  readonly #attributes: AttributeReader
  readonly #records: RecordReader
  readonly #fields: SignalFields
  readonly #parents: ParentRows
  #recordBytes = 0

  constructor(cursor: JsonCursor, attributes: AttributeReader, records: RecordReader, fields: SignalFields) {
    this.#cursor = cursor
    this.#attributes = attributes
    this.#records = records
    this.#fields = fields
    this.#parents = records.rows.parents
  }

  /** An empty body is an empty request: that is how some senders look whether anyone is there. */
  read(body: Uint8Array): void {
    this.#cursor.open(body)
    try {
      if (!this.#cursor.isAtEnd()) this.#request()
    } finally {
      this.#cursor.close()
    }
  }

  #request(): void {
    const cursor = this.#cursor
    this.#fieldsOf((field) => {
      if (field === this.#fields.resources) this.#each(() => this.#resourceRecords())
      else cursor.skip()
    })
    cursor.expectEnd()
  }

  #resourceRecords(): void {
    const { rows } = this.#records
    const parents = this.#parents
    rows.beginResource()
    this.#parent(RESOURCE, this.#fields.scopes, {
      header: () => this.#resource(),
      endHeader: () => parents.endResourceHeader(),
      schemaUrl: parents.resourceSchemaUrl,
      child: () => this.#scopeRecords(),
    })
    rows.endResource()
  }

  #scopeRecords(): void {
    const { rows } = this.#records
    const parents = this.#parents
    rows.beginScope()
    this.#parent(SCOPE, this.#fields.records, {
      header: () => this.#scope(),
      endHeader: () => parents.endScopeHeader(),
      schemaUrl: parents.scopeSchemaUrl,
      child: () => this.#record(),
    })
    rows.endScope()
  }

  /** Reads an object with a header and an array of children; children that stand before the header are read afterwards. */
  #parent(headerField: number, childrenField: number, parent: Parent): void {
    const cursor = this.#cursor
    const childrenAt: number[] = []
    let known = false
    this.#fieldsOf((field) => {
      if (field === headerField) {
        parent.header()
        parent.endHeader()
        known = true
      } else if (field === SCHEMA_URL) this.#schemaUrl(parent.schemaUrl)
      else if (field === childrenField && known) this.#each(parent.child)
      else {
        if (field === childrenField) childrenAt.push(cursor.at)
        cursor.skip()
      }
    })
    if (!known) parent.endHeader()
    this.#revisit(childrenAt, parent.child)
  }

  #revisit(places: readonly number[], read: () => void): void {
    const behind = this.#cursor.at
    for (const place of places) {
      this.#cursor.at = place
      this.#each(read)
    }
    this.#cursor.at = behind
  }

  #resource(): void {
    this.#fieldsOf((field) => {
      if (field === ATTRIBUTES) this.#attributes.read(this.#parents.resourceAttributes)
      else this.#cursor.skip()
    })
  }

  #scope(): void {
    const parents = this.#parents
    this.#fieldsOf((field) => {
      if (field === NAME) this.#put(parents.scopeName)
      else if (field === VERSION) this.#put(parents.scopeVersion)
      else if (field === ATTRIBUTES) this.#attributes.read(parents.scopeAttributes)
      else this.#cursor.skip()
    })
  }

  #record(): void {
    const cursor = this.#cursor
    cursor.scratch.length = 0
    // The size of this record is not known yet; that of the one before is about the same.
    const from = cursor.at
    if (this.#records.rows.admit(this.#recordBytes)) this.#records.record()
    else cursor.skip()
    this.#recordBytes = cursor.at - from
  }

  #each(read: () => void): void {
    const cursor = this.#cursor
    if (!cursor.enterArray()) return
    while (cursor.nextElement()) read()
  }

  #fieldsOf(read: (field: number) => void): void {
    const cursor = this.#cursor
    if (!cursor.enterObject()) return
    for (let field = cursor.nextField(); field !== END; field = cursor.nextField()) read(field)
  }

  #schemaUrl(column: RepeatedColumn): void {
    const cursor = this.#cursor
    if (cursor.takeNull()) return
    cursor.string()
    this.#parents.putSchemaUrl(column, cursor.source, cursor.from, cursor.length)
  }

  #put(column: RepeatedColumn): void {
    const cursor = this.#cursor
    if (cursor.takeNull()) return
    cursor.string()
    this.#parents.put(column, cursor.source, cursor.from, cursor.length)
  }
}

interface Parent {
  readonly header: () => void
  readonly endHeader: () => void
  readonly schemaUrl: RepeatedColumn
  readonly child: () => void
}
