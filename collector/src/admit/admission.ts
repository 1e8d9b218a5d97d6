/** Whether requests may come in at all: one gate that closes for as many reasons as there are. */
import { Refusal, type RefusalReason } from '../receive/refusal.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

type ClosingReason = Extract<RefusalReason, 'stopping' | 'log_full' | 'disk_full' | 'log_broken'>

const MESSAGES: Readonly<Record<ClosingReason, string>> = {
  stopping: 'the collector is stopping, send to another or try again',
  log_full: 'the log has reached its limit because ClickHouse is behind, try again',
  disk_full: 'the disk of the collector is full, try again',
  log_broken: 'the disk of the collector failed, try again',
}

export class Admission {
  readonly #telemetry: Telemetry
  readonly #closed = new Set<ClosingReason>()

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry
  }

  get isOpen(): boolean {
    return this.#closed.size === 0
  }

  get reasons(): readonly string[] {
    return [...this.#closed]
  }

  /** Throws Refusal while there is a reason to. */
  check(): void {
    for (const reason of this.#closed) throw new Refusal(reason, MESSAGES[reason])
  }

  set(reason: ClosingReason, closed: boolean): void {
    if (this.#closed.has(reason) === closed) return
    if (closed) this.#closed.add(reason)
    else this.#closed.delete(reason)
    this.#telemetry.emit(closed ? 'admissionClosed' : 'admissionOpened', { reason })
  }
}
