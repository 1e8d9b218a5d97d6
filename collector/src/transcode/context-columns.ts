/**
 * The columns of a record's context. A value is the record's own, else its resource's, else what is known of its
 * sandbox, else empty.
 */
import type { Sandboxes } from '../enrich/sandbox-context.ts'
import { appendByte, appendBytes } from './append.ts'
import { ByteStream } from './byte-stream.ts'
import type { TranscodeCounts } from './counts.ts'
import { promotedColumns, sandboxIdIndex } from './promoted.ts'
import type { ResourceFallback } from './resource-fallback.ts'
import { SandboxMemo } from './sandbox-memo.ts'

const ALL = (1 << promotedColumns.length) - 1
const SANDBOX = 1 << sandboxIdIndex

export class ContextColumns {
  readonly columns: readonly ByteStream[] = promotedColumns.map(() => new ByteStream())
  readonly #sandboxIds: ByteStream
  readonly #memo: SandboxMemo
  readonly #counts: TranscodeCounts
  #rowStart = 0

  constructor(sandboxes: Sandboxes, counts: TranscodeCounts) {
    this.#sandboxIds = this.columns[sandboxIdIndex] ?? new ByteStream()
    this.#memo = new SandboxMemo(sandboxes)
    this.#counts = counts
  }

  beginRequest(tenantId: string): void {
    this.#memo.begin(tenantId)
  }

  beginRow(): void {
    this.#rowStart = this.#sandboxIds.length
  }

  /** Gives a value to every column not `filled` by the record; those in `completable` may come from its sandbox. */
  endRow(filled: number, fallback: ResourceFallback, completable: number): void {
    const inherited = ALL & ~filled & fallback.mask
    if (inherited !== 0) this.#inherit(inherited, fallback)
    const known = filled | inherited
    const missing = ALL & ~known
    if ((missing & completable) !== 0 && (known & SANDBOX) !== 0) this.#complete(missing, completable)
    else this.#leaveEmpty(missing)
  }

  #inherit(indexes: number, fallback: ResourceFallback): void {
    for (let rest = indexes; rest !== 0; rest &= rest - 1) {
      const index = 31 - Math.clz32(rest & -rest)
      const column = this.columns[index]
      if (column) fallback.copyTo(column, index)
    }
  }

  #leaveEmpty(indexes: number): void {
    for (let rest = indexes; rest !== 0; rest &= rest - 1) {
      const column = this.columns[31 - Math.clz32(rest & -rest)]
      if (column) appendByte(column, 0)
    }
  }

  #complete(missing: number, completable: number): void {
    const context = this.#memo.find(this.#sandboxIds, this.#rowStart)
    const completed = missing & completable & context.mask
    for (let rest = completed; rest !== 0; rest &= rest - 1) {
      const index = 31 - Math.clz32(rest & -rest)
      const column = this.columns[index]
      const value = context.values[index]
      if (column && value) appendBytes(column, value, 0, value.length)
    }
    this.#leaveEmpty(missing & ~completed)
    if (completed !== 0) this.#counts.recordsCompleted++
    else if (!context.found) this.#counts.sandboxesUnknown++
  }
}
