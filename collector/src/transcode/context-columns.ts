/**
 * The columns of a record's context. A value is the record's own, else its resource's, else what is known of its
 * sandbox, else empty.
 */
import type { Sandboxes } from '../enrich/sandbox-context.ts'
import { appendByte, appendBytes } from './append.ts'
import { ByteStream } from './byte-stream.ts'
import type { TranscodeCounts } from './counts.ts'
import { stringAt } from './encoded-string.ts'
import { instanceTypeIndex, promotedColumns, sandboxIdIndex, teamIdIndex } from './promoted.ts'
import type { ResourceFallback } from './resource-fallback.ts'
import { SandboxMemo } from './sandbox-memo.ts'

const ALL = (1 << promotedColumns.length) - 1
const SANDBOX = 1 << sandboxIdIndex
const TEAM = 1 << teamIdIndex
/** A record that says neither is one of those that carry a sandbox id only. */
const TEAM_OR_INSTANCE = TEAM | (1 << instanceTypeIndex)

export class ContextColumns {
  readonly columns: readonly ByteStream[] = promotedColumns.map(() => new ByteStream())
  readonly #sandboxIds: ByteStream
  readonly #memo: SandboxMemo
  readonly #counts: TranscodeCounts
  /** Instance type that completes the row at hand; empty for none. */
  instanceType = ''
  #sandboxStart = 0
  /** Where the values of the marked row begin. */
  readonly #starts = new Int32Array(promotedColumns.length)

  constructor(sandboxes: Sandboxes, counts: TranscodeCounts) {
    this.#sandboxIds = this.columns[sandboxIdIndex] ?? new ByteStream()
    this.#memo = new SandboxMemo(sandboxes)
    this.#counts = counts
  }

  beginRequest(tenantId: string): void {
    this.#memo.begin(tenantId)
  }

  beginRow(): void {
    this.#sandboxStart = this.#sandboxIds.length
    this.instanceType = ''
  }

  /** Remembers where the values of the row at hand begin, for `valueOf`. */
  markRow(): void {
    for (const [index, column] of this.columns.entries()) this.#starts[index] = column.length
  }

  /** Value of a column in the row that was ended last, if it was marked. */
  valueOf(index: number): string {
    const column = this.columns[index]
    return column ? stringAt(column, this.#starts[index] ?? 0) : ''
  }

  /** Gives a value to every column not `filled` by the record; those in `completable` may come from its sandbox. */
  endRow(filled: number, fallback: ResourceFallback, completable: number): void {
    const inherited = ALL & ~filled & fallback.mask
    if (inherited !== 0) this.#inherit(inherited, fallback)
    const known = filled | inherited
    const missing = ALL & ~known
    const isBare = ((filled | fallback.mask) & TEAM_OR_INSTANCE) === 0
    if ((missing & completable) !== 0 && (known & SANDBOX) !== 0) this.#complete(missing, completable, isBare)
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

  #complete(missing: number, completable: number, isBare: boolean): void {
    const context = this.#memo.find(this.#sandboxIds, this.#sandboxStart)
    if (isBare) this.instanceType = context.instanceType
    const completed = missing & completable & context.mask
    for (let rest = completed; rest !== 0; rest &= rest - 1) {
      const index = 31 - Math.clz32(rest & -rest)
      const column = this.columns[index]
      const value = context.values[index]
      if (column && value) appendBytes(column, value, 0, value.length)
    }
    this.#leaveEmpty(missing & ~completed)
    if (completed !== 0) this.#counts.recordsCompleted++
    else if (!context.found && (missing & TEAM) !== 0) this.#counts.sandboxesUnknown++
  }
}
