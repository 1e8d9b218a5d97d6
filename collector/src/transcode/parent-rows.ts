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
  readonly #ofResource: Repeated
  readonly #ofScope: Repeated

  /** Only logs have columns for the scope's attributes and the schema URLs. */
  constructor(tools: RowTools, scopeColumns: boolean) {
    this.#tools = tools
    const { tenantId, ingestedAt, serviceName, resourceSchemaUrl } = this
    const { scopeName, scopeVersion, scopeSchemaUrl } = this
    const only = <T>(column: T): readonly T[] => (scopeColumns ? [column] : [])
    this.#ofResource = {
      columns: [tenantId, ingestedAt, serviceName, ...only(resourceSchemaUrl)],
      maps: [this.resource],
    }
    this.#ofScope = { columns: [scopeName, scopeVersion, ...only(scopeSchemaUrl)], maps: only(this.scope) }
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

  /** The resource's attributes are read; its records follow. */
  endResourceHeader(): void {
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
    this.bytes = sizeOf(this.#ofResource) + sizeOf(this.#ofScope)
  }

  /** Repeats the scope's columns for its records. */
  endScope(rows: number): void {
    repeat(this.#ofScope, rows)
  }

  /** Repeats the resource's columns for its records. */
  endResource(rows: number): void {
    repeat(this.#ofResource, rows)
  }

  put(column: RepeatedColumn, source: ByteStream, at: number, length: number): void {
    column.value.length = 0
    this.#tools.text.put(column.value, source, at, length)
  }

  /** The URL of a schema may stand behind the records; that it was cut is not marked. */
  putSchemaUrl(column: RepeatedColumn, source: ByteStream, at: number, length: number): void {
    const { text } = this.#tools
    const { truncated } = text
    this.put(column, source, at, length)
    text.truncated = truncated
  }
}

interface Repeated {
  readonly columns: readonly RepeatedColumn[]
  readonly maps: readonly RepeatedMap[]
}

function repeat({ columns, maps }: Repeated, rows: number): void {
  if (rows === 0) return
  for (const column of columns) column.repeat(rows)
  for (const map of maps) map.repeat(rows)
}

function sizeOf({ columns, maps }: Repeated): number {
  let bytes = 0
  for (const { value } of columns) bytes += value.length
  for (const map of maps) bytes += map.bytes
  return bytes
}

function setText(column: RepeatedColumn, text: string): void {
  column.value.length = 0
  appendUtf8(column.value, text)
}
