/**
 * Sends sealed segments to ClickHouse, oldest first, and never gives one up: a segment leaves the log when it is stored.
 *
 * A segment that fails goes to the end of the queue with a time before which it is not tried again. At its front it would
 * be due again whenever the pause after a failure ends, and those behind it would never be tried. While nothing passes,
 * all wait.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { SealedSegment } from '../wal/segment.ts'
import { backoffMs } from './backoff.ts'

/** How an attempt to store a segment ended. `waitMs`: when to try again. */
export type ShipOutcome = { readonly stored: true } | { readonly stored: false; readonly waitMs?: number }

export interface ShipperOptions {
  readonly clock: Clock
  /** A random number in [0, 1). */
  readonly random: () => number
  /** Segments in flight at the same time. */
  readonly insertsMax: number
  /** One attempt; tells about its own failures and never rejects. `attempt` counts from 1. */
  readonly attempt: (segment: SealedSegment, attempt: number) => Promise<ShipOutcome>
  /** The segment is stored and may be forgotten. */
  readonly onStored: (segment: SealedSegment) => Promise<void>
}

interface Queued {
  readonly segment: SealedSegment
  attempts: number
  failures: number
  /** For something to be mended, not for ClickHouse: nothing behind it has to wait. */
  waits: boolean
  notBeforeMs: number
}

/** How often the queue is looked at when nothing calls for it, ms: the resolution of retries. */
const TICK_MS = 20

export class Shipper {
  readonly #options: ShipperOptions
  readonly #queue: Queued[] = []
  readonly #running = new Set<Promise<void>>()
  readonly #shipping = new Set<Queued>()
  #failuresInRow = 0
  #pausedUntilMs = 0
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: ShipperOptions) {
    this.#options = options
  }

  enqueue(segment: SealedSegment): void {
    this.#queue.push({ segment, attempts: 0, failures: 0, waits: false, notBeforeMs: 0 })
    this.#fill()
  }

  /** Whether a segment of this table sealed now would be sent at once: what another table is refused does not hold it back. */
  hasRoomFor(table: SealedSegment['table']): boolean {
    const mine = [...this.#shipping, ...this.#queue].filter(
      ({ segment, waits }) => segment.table === table && !waits,
    )
    return mine.length < this.#options.insertsMax && mine.every(({ failures }) => failures === 0)
  }

  get idle(): boolean {
    return this.#running.size === 0 && this.#queue.length === 0
  }

  /** Waits until everything is stored, at most `msMax`; then starts nothing more and waits for what is in flight. */
  async stop(msMax: number): Promise<void> {
    const deadlineMs = performance.now() + msMax
    while (!this.idle && performance.now() < deadlineMs) await sleep(TICK_MS)
    this.#stopped = true
    clearTimeout(this.#timer)
    await Promise.race([Promise.all(this.#running), sleep(Math.max(TICK_MS, deadlineMs - performance.now()))])
  }

  #fill(): void {
    while (!this.#stopped && this.#running.size < this.#options.insertsMax) {
      const next = this.#takeDue()
      if (next === undefined) break
      this.#shipping.add(next)
      const run = this.#ship(next).finally(() => {
        this.#shipping.delete(next)
        this.#running.delete(run)
        this.#fill()
      })
      this.#running.add(run)
    }
    if (this.#queue.length > 0 && !this.#stopped) this.#wakeLater()
  }

  #wakeLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#fill()
    }, TICK_MS)
  }

  #takeDue(): Queued | undefined {
    const nowMs = this.#options.clock.elapsedMs()
    if (nowMs < this.#pausedUntilMs) return undefined
    const at = this.#queue.findIndex(({ notBeforeMs }) => notBeforeMs <= nowMs)
    return at < 0 ? undefined : this.#queue.splice(at, 1)[0]
  }

  async #ship(queued: Queued): Promise<void> {
    queued.attempts += 1
    const outcome = await this.#options.attempt(queued.segment, queued.attempts)
    if (outcome.stored) {
      this.#failuresInRow = 0
      await this.#options.onStored(queued.segment)
    } else this.#putBack(queued, outcome.waitMs)
  }

  #putBack(queued: Queued, waitMs: number | undefined): void {
    const nowMs = this.#options.clock.elapsedMs()
    queued.waits = waitMs !== undefined
    if (waitMs === undefined) {
      queued.failures += 1
      this.#failuresInRow += 1
      this.#pausedUntilMs = nowMs + backoffMs(this.#failuresInRow, this.#options.random())
    }
    queued.notBeforeMs = nowMs + (waitMs ?? backoffMs(queued.attempts, this.#options.random()))
    this.#queue.push(queued)
  }
}
