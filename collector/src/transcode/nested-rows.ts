/** Columns of the events, or links, of spans: arrays that share their offsets, each element with a map of its own. */
import { appendOffset } from './append.ts'
import { AttributeWriter } from './attribute-writer.ts'
import { ByteStream } from './byte-stream.ts'
import type { RowTools } from './row-tools.ts'

export class NestedRows {
  readonly attributes: AttributeWriter
  readonly offsets = new ByteStream()
  readonly mapOffsets = new ByteStream()
  readonly keys = new ByteStream()
  readonly values = new ByteStream()
  readonly #tools: RowTools
  #elements = 0

  constructor(tools: RowTools) {
    const { keys, text, limits } = tools
    this.#tools = tools
    this.attributes = new AttributeWriter({
      map: { keys: this.keys, values: this.values },
      keys,
      text,
      limits,
    })
  }

  beginRow(): void {
    this.#elements = 0
  }

  /** Whether there is room for one more element of this record. */
  begin(): boolean {
    if (this.#elements >= this.#tools.limits.eventsMax) {
      this.#tools.text.truncated = true
      return false
    }
    this.#elements++
    this.attributes.begin()
    return true
  }

  end(): void {
    appendOffset(this.mapOffsets, this.attributes.entries)
  }

  endRow(): void {
    appendOffset(this.offsets, this.#elements)
  }

  /** Streams of an array column whose elements are in `elements`. */
  array(elements: ByteStream): readonly ByteStream[] {
    return [this.offsets, elements]
  }

  /** Streams of the array of maps. */
  maps(): readonly ByteStream[] {
    return [this.offsets, this.mapOffsets, this.keys, this.values]
  }
}
