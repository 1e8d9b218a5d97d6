/** What the rows of both tables have in common: admission, parents, context, and the map of their attributes. */
import { attr } from '@sandglass/schemas/semconv'
import type { TableColumn } from '@sandglass/schemas/tables'
import { Admission } from './admission.ts'
import { appendOffset } from './append.ts'
import { AttributeWriter, TRUNCATED } from './attribute-writer.ts'
import { ByteStream } from './byte-stream.ts'
import { ContextColumns } from './context-columns.ts'
import { ParentRows } from './parent-rows.ts'
import { promotedColumns } from './promoted.ts'
import type { Accepted } from './accepted.ts'
import type { RowTools } from './row-tools.ts'
import { type ColumnStreams, TableBlock } from './table-block.ts'

export interface TableShape {
  readonly columns: readonly TableColumn[]
  /** Name of the column that holds the attributes no column holds. */
  readonly mapColumn: string
  readonly scopeColumns: boolean
  /** Streams of the columns that only this table has. */
  readonly streams: ColumnStreams
}

export class TableRows {
  readonly block: TableBlock
  readonly admission: Admission
  readonly parents: ParentRows
  readonly attributes: AttributeWriter
  protected readonly tools: RowTools
  protected readonly context: ContextColumns
  readonly #keys = new ByteStream()
  readonly #values = new ByteStream()
  readonly #offsets = new ByteStream()
  #resourceStart = 0
  #scopeStart = 0

  constructor(shape: TableShape, tools: RowTools) {
    const { keys, text, limits, sandboxes, counts } = tools
    this.tools = tools
    this.context = new ContextColumns(sandboxes, counts)
    this.parents = new ParentRows(tools, shape.scopeColumns)
    const map = { keys: this.#keys, values: this.#values }
    this.attributes = new AttributeWriter({ map, keys, text, limits, columns: this.context.columns })
    this.block = new TableBlock(shape.columns, this.#streams(shape))
    this.admission = new Admission(limits, this.block)
  }

  beginRequest(tenantId: string, receivedAtMs: number): void {
    this.block.mark()
    this.admission.beginRequest()
    this.parents.beginRequest(tenantId, receivedAtMs)
    this.context.beginRequest(tenantId)
    this.tools.times.begin(receivedAtMs)
  }

  /** Forgets the rows written so far, to read the request again without its faulty records. */
  beginAgain(): void {
    this.block.rollBack()
    this.admission.beginAgain()
  }

  /** The request's rows now belong to the open block. */
  endRequest(): Accepted {
    const { rows, rejected, reason } = this.admission
    this.block.rows += rows
    return reason === undefined ? { rows, rejected } : { rows, rejected, reason }
  }

  beginResource(): void {
    this.#resourceStart = this.admission.rows
    this.parents.beginResource()
  }

  endResource(): void {
    this.parents.endResource(this.admission.rows - this.#resourceStart)
    this.admission.endResource()
  }

  beginScope(): void {
    this.#scopeStart = this.admission.rows
    this.parents.beginScope()
  }

  endScope(): void {
    this.parents.endScope(this.admission.rows - this.#scopeStart)
  }

  /** Whether a record of `size` bytes becomes a row; if so every column must get a value before `endRecord`. */
  admit(size: number): boolean {
    if (!this.admission.admit(size, this.parents.bytes)) return false
    this.attributes.begin()
    this.context.beginRow()
    this.tools.text.truncated = false
    return true
  }

  /** Part of the record is left out. */
  cut(): void {
    this.tools.text.truncated = true
  }

  /** Completes the context; columns in `completable` may come from what is known of the sandbox. */
  protected endRecord(completable: number): void {
    const { context } = this
    context.endRow(this.attributes.filled, this.parents.fallback, completable)
    if (context.instanceType !== '') this.attributes.add(attr.instanceType, context.instanceType)
    if (this.tools.text.truncated) {
      this.attributes.add(TRUNCATED, 'true')
      this.tools.counts.recordsTruncated++
    }
    appendOffset(this.#offsets, this.attributes.entries)
  }

  #streams(shape: TableShape): ColumnStreams {
    const { parents } = this
    const context = promotedColumns.map(({ name }, index) => [
      name,
      [this.context.columns[index] ?? new ByteStream()],
    ])
    return {
      ...Object.fromEntries(context),
      ...shape.streams,
      [shape.mapColumn]: [this.#offsets, this.#keys, this.#values],
      TenantId: [parents.tenantId.column],
      IngestedAt: [parents.ingestedAt.column],
      ServiceName: [parents.serviceName.column],
      ScopeName: [parents.scopeName.column],
      ScopeVersion: [parents.scopeVersion.column],
      ScopeSchemaUrl: [parents.scopeSchemaUrl.column],
      ResourceSchemaUrl: [parents.resourceSchemaUrl.column],
      ResourceAttributes: mapStreams(parents.resource),
      ScopeAttributes: mapStreams(parents.scope),
    }
  }
}

function mapStreams({ offsets, keys, values }: ParentRows['resource']): readonly ByteStream[] {
  return [offsets, keys, values]
}
