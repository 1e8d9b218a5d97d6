/** What a record has from its resource, its scope and its request. */
import { appendUtf8, appendWords } from './append.ts'
import { AttributeWriter, TRUNCATED } from './attribute-writer.ts'
import type { ByteStream } from './byte-stream.ts'
import { RepeatedColumn, RepeatedMap } from './repeated-columns.ts'
import { ResourceFallback } from './resource-fallback.ts'
import { serviceNameIndex } from './promoted.ts'
import type { RowTools } from './row-tools.ts'

const MS_HIGH = 2 ** 32

export class ParentRows {
  readonly tenantId = new RepeatedColumn()
  readonly ingestedAt = new RepeatedColumn()
  readonly serviceName = new RepeatedColumn()
  readonly resource = new RepeatedMap()
  readonly resourceSchemaUrl = new RepeatedColumn()
  readonly scope = new RepeatedMap()
  readonly scopeSchemaUrl = new RepeatedColumn()
  readonly scopeName = new RepeatedColumn()
  readonly scopeVersion = new RepeatedColumn()
  /** Values of the resource for records that do not carry their own. */
  readonly fallback = new ResourceFallback(this.resource.value.values)
  readonly resourceAttributes: AttributeWriter
  readonly scopeAttributes: AttributeWriter
  /** Bytes that every row repeats. */
  bytes = 0
  readonly #tools: RowTools
  readonly #columns: readonly RepeatedColumn[]
  readonly #maps: readonly RepeatedMap[]

  /** Only logs have columns for the scope's attributes and the schema URLs. */
  constructor(tools: RowTools, scopeColumns: boolean) {
    this.#tools = tools
    const { tenantId, ingestedAt, serviceName, scopeName, scopeVersion } = this
    const urls = [this.resourceSchemaUrl, this.scopeSchemaUrl]
    this.#columns = [
      tenantId,
      ingestedAt,
      serviceName,
      scopeName,
      scopeVersion,
      ...(scopeColumns ? urls : []),
    ]
    this.#maps = scopeColumns ? [this.resource, this.scope] : [this.resource]
    const { keys, text, limits } = tools
    const bytesMax = limits.resourceBytesMax
    this.resourceAttributes = new AttributeWriter({ map: this.resource.value, keys, text, limits, bytesMax })
    this.scopeAttributes = new AttributeWriter({ map: this.scope.value, keys, text, limits, bytesMax })
  }

  beginRequest(tenantId: string, receivedAtMs: number): void {
    setText(this.tenantId, tenantId)
    this.ingestedAt.value.length = 0
    appendWords(this.ingestedAt.value, receivedAtMs | 0, Math.floor(receivedAtMs / MS_HIGH))
  }

  beginResource(): void {
    this.resource.clearValue()
    this.resourceAttributes.begin()
    this.#tools.text.truncated = false
    setText(this.resourceSchemaUrl, '')
  }

  endResource(): void {
    if (this.#tools.text.truncated) this.resourceAttributes.add(TRUNCATED, 'true')
    this.resource.entries = this.resourceAttributes.entries
    this.fallback.read(this.resource.value.keys, this.#tools.keys)
    this.serviceName.value.length = 0
    if (this.fallback.has(serviceNameIndex)) this.fallback.copyTo(this.serviceName.value, serviceNameIndex)
    else setText(this.serviceName, '')
  }

  beginScope(): void {
    this.scope.clearValue()
    this.scopeAttributes.begin()
    this.#tools.text.truncated = false
    setText(this.scopeName, '')
    setText(this.scopeVersion, '')
    setText(this.scopeSchemaUrl, '')
  }

  /** The scope's attributes are read; its records follow. */
  endScopeHeader(): void {
    if (this.#tools.text.truncated) this.scopeAttributes.add(TRUNCATED, 'true')
    this.scope.entries = this.scopeAttributes.entries
    this.bytes = this.#bytesPerRow()
  }

  /** Repeats everything for the records of the scope. */
  endScope(rows: number): void {
    if (rows === 0) return
    for (const column of this.#columns) column.repeat(rows)
    for (const map of this.#maps) map.repeat(rows)
  }

  put(column: RepeatedColumn, source: ByteStream, at: number, length: number): void {
    column.value.length = 0
    this.#tools.text.put(column.value, source, at, length)
  }

  #bytesPerRow(): number {
    let bytes = 0
    for (const map of this.#maps) bytes += map.bytes
    for (const { value } of this.#columns) bytes += value.length
    return bytes
  }
}

function setText(column: RepeatedColumn, text: string): void {
  column.value.length = 0
  appendUtf8(column.value, text)
}
