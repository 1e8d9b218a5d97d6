/** Which records of a request become rows, and why the others do not. */
import type { TranscodeLimits } from './limits.ts'
import type { TableBlock } from './table-block.ts'

/** Growth after which the real size of the open block is looked at again, bytes. */
const CHECK_EVERY_BYTES = 256 * 1024
/** Fixed columns and offsets of one row, about. */
const ROW_BYTES = 512

export class Admission {
  /** Rows of this request. */
  rows = 0
  rejected = 0
  reason: string | undefined
  /** Records whose fault was found when their row was partly written: the request is read again without them. */
  readonly faulty = new Set<number>()
  readonly #limits: TranscodeLimits
  readonly #block: TableBlock
  #ordinal = 0
  #unchecked = 0
  /** Bytes of parents that the end of the present resource will repeat. */
  #pending = 0
  #full = false

  constructor(limits: TranscodeLimits, block: TableBlock) {
    this.#limits = limits
    this.#block = block
  }

  beginRequest(): void {
    this.faulty.clear()
    this.#beginPass()
  }

  /** Starts over, leaving out the records found faulty. */
  beginAgain(): void {
    const { reason } = this
    this.#beginPass()
    this.reason = reason
  }

  #beginPass(): void {
    this.rows = 0
    this.rejected = 0
    this.reason = undefined
    this.#ordinal = 0
    this.#unchecked = 0
    this.#pending = 0
    this.#full = false
  }

  endResource(): void {
    this.#pending = 0
  }

  /** Whether the next record, of `size` bytes beside `repeated` bytes from its parents, becomes a row. */
  admit(size: number, repeated: number): boolean {
    const ordinal = this.#ordinal++
    if (this.faulty.size > 0 && this.faulty.has(ordinal)) return this.#reject()
    if (this.rows >= this.#limits.rowsMax)
      return this.#reject(`more than ${this.#limits.rowsMax} records in one request`)
    if (!this.#fits(size, repeated)) {
      return this.#reject(`more than ${this.#limits.outputBytesMax} bytes in one request once stored`)
    }
    this.rows++
    return true
  }

  /** The record just admitted cannot be stored. */
  fault(reason: string): void {
    this.faulty.add(this.#ordinal - 1)
    this.reason ??= reason
  }

  #fits(size: number, repeated: number): boolean {
    this.#unchecked += size + repeated + ROW_BYTES
    this.#pending += repeated
    if (this.#unchecked > CHECK_EVERY_BYTES) {
      this.#unchecked = 0
      this.#full = this.#block.bytesSinceMark() + this.#pending > this.#limits.outputBytesMax
    }
    return !this.#full
  }

  #reject(reason?: string): false {
    this.rejected++
    this.reason ??= reason
    return false
  }
}
