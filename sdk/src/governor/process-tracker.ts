/** The commands that run in the container, so that a suspension can end them. */
import type { GateProcess } from './ports.ts'

const SIGTERM = 15
const SIGKILL = 9
/** Time a command has to end after SIGTERM, and again after SIGKILL. */
const GRACE_MS = 1500

export interface ProcessTracker {
  track(process: GateProcess): void
  readonly size: number
  /** Resolves with true when all have ended, with false after `timeoutMs`. */
  drained(timeoutMs: number): Promise<boolean>
  /** Ends them all: SIGTERM, a grace, SIGKILL. */
  interrupt(): Promise<void>
}

export function createProcessTracker(): ProcessTracker {
  const live = new Map<GateProcess, Promise<void>>()
  const drained = async (timeoutMs: number): Promise<boolean> => {
    if (live.size === 0) return true
    await Promise.race([Promise.all(live.values()), sleep(timeoutMs)])
    return live.size === 0
  }
  const signalAll = (signal: number): void => {
    for (const process of live.keys()) {
      try {
        process.kill(signal)
      } catch {
        // it ended meanwhile; the others must end too
      }
    }
  }
  return {
    track(process) {
      const forget = (): void => void live.delete(process)
      live.set(process, process.exitCode.then(forget, forget))
    },
    get size() {
      return live.size
    },
    drained,
    async interrupt() {
      for (const signal of [SIGTERM, SIGKILL]) {
        signalAll(signal)
        if (await drained(GRACE_MS)) return
      }
    },
  }
}

async function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms))
}
