/** Values of promoted attributes that a resource carries for its records which do not carry their own. */
import { appendBytes } from './append.ts'
import type { ByteStream } from './byte-stream.ts'
import { stringEnd, stringLength } from './encoded-string.ts'
import type { KeyTable } from './key-table.ts'
import { instanceTypeIndex } from './promoted.ts'

const SLOTS = instanceTypeIndex + 1

export class ResourceFallback {
  /** Bit i: the resource has a value for column i. */
  mask = 0
  readonly #starts = new Int32Array(SLOTS)
  readonly #ends = new Int32Array(SLOTS)
  readonly #values: ByteStream

  constructor(values: ByteStream) {
    this.#values = values
  }

  /** Looks through an encoded map; the first value of a name counts unless it is empty. */
  read(names: ByteStream, keys: KeyTable): void {
    this.mask = 0
    let valueAt = 0
    for (let at = 0; at < names.length;) {
      const nameEnd = stringEnd(names, at)
      const valueEnd = stringEnd(this.#values, valueAt)
      const nameAt = nameEnd - stringLength(names, at)
      this.#note(keys.find(names, nameAt, nameEnd - nameAt).column, valueAt, valueEnd)
      at = nameEnd
      valueAt = valueEnd
    }
  }

  has(index: number): boolean {
    return (this.mask & (1 << index)) !== 0
  }

  copyTo(target: ByteStream, index: number): void {
    const start = this.#starts[index] ?? 0
    appendBytes(target, this.#values, start, (this.#ends[index] ?? 0) - start)
  }

  #note(column: number, at: number, end: number): void {
    const bit = 1 << column
    if (column >= SLOTS || end - at === 1 || (this.mask & bit) !== 0) return
    this.mask |= bit
    this.#starts[column] = at
    this.#ends[column] = end
  }
}
