import type { Clock } from './ports.ts'

/** Work begun for telemetry whose result is still to be recorded: a last sample, a scan. */
export interface Settling {
  readonly length: number
  track(work: Promise<unknown>): void
  /** Resolves when all of it is done or `timeoutMs` have passed. */
  done(timeoutMs: number): Promise<void>
}

export function createSettling(clock: Clock): Settling {
  const work = new Set<Promise<unknown>>()

  async function drain(): Promise<void> {
    while (work.size > 0) await Promise.allSettled(work)
  }

  return {
    get length() {
      return work.size
    },
    track(promise) {
      work.add(promise)
      const forget = (): void => void work.delete(promise)
      promise.then(forget, forget)
    },
    async done(timeoutMs) {
      if (work.size === 0) return
      let cancel: (() => void) | undefined
      const timeout = new Promise<void>((resolve) => (cancel = clock.schedule(resolve, timeoutMs)))
      await Promise.race([drain(), timeout])
      cancel?.()
    },
  }
}
