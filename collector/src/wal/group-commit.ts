/**
 * Group commit of one signal: concurrent requests share one block and one sync, and then all are acknowledged.
 *
 * While a block is being synced the next one fills. A block is committed when it is `bytesMax` big or its first request
 * has waited `delayMs`.
 */
import type { LoggedTable } from '@sandglass/schemas/metric-tables'
import type { Clock } from '../clock.ts'
import type { Accepted, Encoding, RequestContext, Signal, Transcoder } from '../transcode/transcoder.ts'
import type { TableLog } from './table-log.ts'

export interface GroupCommitOptions {
  readonly signal: Signal
  readonly table: LoggedTable
  readonly transcoder: Transcoder
  readonly log: Pick<TableLog, 'append'>
  readonly clock: Clock
  readonly delayMs: number
  readonly bytesMax: number
  /** Told of every commit before its requests are answered. */
  readonly onCommitted: (commit: Committed) => void
  /** Told when the disk refused a commit, before its requests are answered. */
  readonly onFailed: (keys: readonly Uint8Array[], error: unknown) => void
}

export interface Committed {
  readonly table: LoggedTable
  readonly keys: readonly Uint8Array[]
  readonly requests: number
  readonly rows: number
  readonly bytes: number
  readonly durationMs: number
}

interface Waiting {
  readonly tenantId: string
  readonly key: Uint8Array
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export interface Submission {
  readonly accepted: Accepted
  /** Resolves once the rows are durable; rejects with the error of the disk. */
  readonly durable: Promise<void>
}

const DURABLE: Promise<void> = Promise.resolve()

export class GroupCommit {
  readonly #options: GroupCommitOptions
  #waiting: Waiting[] = []
  #oldestAtMs = 0
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined

  constructor(options: GroupCommitOptions) {
    this.#options = options
  }

  /** Size of the block that is filling, bytes. */
  get openBytes(): number {
    return this.#options.transcoder.openBytes(this.#options.table)
  }

  /** Adds the rows of one request to the open block. Throws DecodeError, and then the block is as before. */
  submit(encoding: Encoding, body: Uint8Array, context: RequestContext, key: Uint8Array): Submission {
    const accepted = this.#options.transcoder.append(this.#options.signal, encoding, body, context)
    if (accepted.rows === 0) return { accepted, durable: DURABLE }
    const durable = new Promise<void>((resolve, reject) => {
      if (this.#waiting.length === 0) this.#oldestAtMs = performance.now()
      this.#waiting.push({ tenantId: context.tenantId, key, resolve, reject })
    })
    this.#schedule()
    return { accepted, durable }
  }

  /** Commits what is open without waiting for more; resolves when nothing is left. */
  async drain(): Promise<void> {
    while (this.#waiting.length > 0 || this.#running !== undefined) {
      this.#commitNow()
      await this.#running
    }
  }

  #schedule(): void {
    if (this.#running !== undefined || this.#waiting.length === 0) return
    const waitMs = this.#oldestAtMs + this.#options.delayMs - performance.now()
    if (waitMs <= 0 || this.openBytes >= this.#options.bytesMax) this.#commitNow()
    else this.#timer ??= setTimeout(() => this.#commitNow(), waitMs)
  }

  #commitNow(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#running !== undefined || this.#waiting.length === 0) return
    this.#running = this.#commit().finally(() => {
      this.#running = undefined
      this.#schedule()
    })
  }

  async #commit(): Promise<void> {
    const { transcoder, table, log, clock } = this.#options
    const requests = this.#waiting
    this.#waiting = []
    const startedAtMs = performance.now()
    const keys = requests.map(({ key }) => key)
    try {
      const block = transcoder.take(table)
      if (block === undefined) throw new Error(`${table}: requests wait for a block that has no rows`)
      const tenants = [...new Set(requests.map(({ tenantId }) => tenantId))]
      await log.append({ ...block, committedAtMs: clock.nowMs(), tenants, keys })
      const durationMs = performance.now() - startedAtMs
      const { rows, bytes } = block
      this.#options.onCommitted({ table, keys, requests: keys.length, rows, bytes: bytes.length, durationMs })
    } catch (error) {
      this.#options.onFailed(keys, error)
      for (const { reject } of requests) reject(error)
      return
    }
    for (const { resolve } of requests) resolve()
  }
}
