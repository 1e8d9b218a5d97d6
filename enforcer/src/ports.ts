/** What the enforcer needs from its surroundings; main.ts builds the real ones. */
import { setTimeout as delay } from 'node:timers/promises'
import { createJsonLog, type Log } from './log.ts'

export interface EnforcerPorts {
  /** Unix time, ms. */
  readonly now: () => number
  /** Resolves after `ms`, or at once when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly fetch: typeof fetch
  readonly log: Log
}

export const nodePorts: EnforcerPorts = {
  now: Date.now,
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal }).catch(() => undefined)
  },
  fetch: async (input, init) => fetch(input, init),
  log: createJsonLog((line) => void process.stderr.write(`${line}\n`), Date.now),
}
