/** A loop that awaits its work and then sleeps: never two at once, and stopping waits for the work at hand. */
import { setTimeout as sleep } from 'node:timers/promises'

export interface Loop {
  /** Resolves when the work at hand is done; none follows. */
  stop(): Promise<void>
}

/** `work` tells about its own failures; one that escapes goes to `onError` and the loop goes on. */
export function startLoop(
  intervalMs: number,
  work: () => Promise<void>,
  onError: (error: unknown) => void,
): Loop {
  const stopping = new AbortController()
  const running = (async () => {
    while (!stopping.signal.aborted) {
      await work().catch(onError)
      await sleep(intervalMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}
