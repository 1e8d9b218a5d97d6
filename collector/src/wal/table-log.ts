/** The log of one table: one open segment, appended to by one commit at a time, sealed by rows, bytes or age. */
import type { LoggedTable } from '@sandglass/schemas/metric-tables'
import type { Disk } from './disk.ts'
import { OpenSegment, type Commit } from './open-segment.ts'
import type { SealedSegment } from './segment.ts'

export interface SealLimits {
  readonly rowsMax: number
  readonly bytesMax: number
}

export interface TableLogOptions {
  readonly disk: Disk
  readonly directory: string
  readonly table: LoggedTable
  readonly limits: SealLimits
  /** The id of the next segment; never the same twice. */
  readonly nextId: () => Promise<string>
  readonly onSealed: (segment: SealedSegment) => void
}

export class TableLog {
  readonly #options: TableLogOptions
  #open: OpenSegment | undefined
  /** Settles when the operation before has; never rejects. */
  #previous: Promise<unknown> = Promise.resolve()

  constructor(options: TableLogOptions) {
    this.#options = options
  }

  get table(): LoggedTable {
    return this.#options.table
  }

  get open(): OpenSegment | undefined {
    return this.#open
  }

  /** Resolves once the commit is durable. Rejects with the error of the disk; then nothing of it is in the log. */
  append(commit: Commit): Promise<void> {
    return this.#inTurn(async () => {
      this.#open ??= await this.#create()
      await this.#open.append(commit)
      if (this.#isFull(this.#open)) await this.#seal(this.#open)
    })
  }

  /** Seals the open segment if it has rows. */
  seal(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#open !== undefined && this.#open.rows > 0) await this.#seal(this.#open)
    })
  }

  /** Seals what has rows and removes what has none. */
  async close(): Promise<void> {
    await this.seal()
    await this.#inTurn(async () => {
      await this.#open?.discard(this.#options.disk)
      this.#open = undefined
    })
  }

  async #create(): Promise<OpenSegment> {
    const { disk, directory, table, nextId } = this.#options
    return OpenSegment.create(disk, directory, await nextId(), table)
  }

  #isFull(segment: OpenSegment): boolean {
    const { rowsMax, bytesMax } = this.#options.limits
    return segment.rows >= rowsMax || segment.bytes >= bytesMax
  }

  async #seal(segment: OpenSegment): Promise<void> {
    const sealed = await segment.seal()
    this.#open = undefined
    this.#options.onSealed(sealed)
  }

  #inTurn<T>(operation: () => Promise<T>): Promise<T> {
    const turn = this.#previous.then(operation)
    this.#previous = turn.catch(() => undefined)
    return turn
  }
}
