import type { Clock } from './ports.ts'

/** Work begun for telemetry whose result is still to be recorded: a last sample, a scan. */
export interface Settling {
  readonly length: number
  track(work: Promise<unknown>): void
  /** Resolves when all of what is under way now is done; undefined when nothing is. Never rejects. */
  current(): Promise<unknown> | undefined
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
    current: () => (work.size === 0 ? undefined : Promise.allSettled(work)),
    async done(timeoutMs) {
      if (work.size === 0) return
      let cancel: (() => void) | undefined
      const timeout = new Promise<void>((resolve) => (cancel = clock.schedule(resolve, timeoutMs)))
      await Promise.race([drain(), timeout])
      cancel?.()
    },
  }
}
