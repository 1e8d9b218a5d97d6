import type { Guard } from '../guard.ts'
import type { Clock } from '../ports.ts'
import type { Settling } from '../settling.ts'
import type { Exporter } from './exporter.ts'
import { FLUSH_RECORDS } from './limits.ts'

/** When what waits is sent. */
export interface Flusher {
  /** Something new waits. */
  poke(): void
  /** Waits for what is about to be recorded, then sends everything. Never rejects. */
  flush(): Promise<void>
}

/** Longest that a flush waits for last samples and scans, milliseconds. */
const SETTLING_MS_MAX = 3_000

export function createFlusher(ports: {
  readonly exporter: Exporter
  readonly settling: Settling
  readonly clock: Clock
  readonly guard: Guard
  readonly waiting: () => number
  /** 0 for never. */
  readonly intervalMs: number
  readonly waitUntil: ((work: Promise<unknown>) => void) | undefined
}): Flusher {
  const { guard } = ports
  let cancelTimer: (() => void) | undefined
  let isSending = false

  function disarm(): void {
    cancelTimer?.()
    cancelTimer = undefined
  }

  function send(): void {
    disarm()
    if (isSending) return
    isSending = true
    const work = sendAll()
    guard(() => ports.waitUntil?.(work))
  }

  async function sendAll(): Promise<void> {
    await ports.exporter.flush()
    isSending = false
    if (ports.waiting() > 0) arm()
  }

  function arm(): void {
    if (cancelTimer !== undefined || isSending || ports.intervalMs === 0) return
    cancelTimer = ports.clock.schedule(send, ports.intervalMs)
  }

  return {
    poke() {
      if (ports.waiting() >= FLUSH_RECORDS && ports.intervalMs !== 0) send()
      else arm()
    },
    async flush() {
      disarm()
      await ports.settling.done(SETTLING_MS_MAX)
      await ports.exporter.flush()
    },
  }
}
