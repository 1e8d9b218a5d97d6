/** What the SDK needs from its surroundings. Everything has a default for Workers; tests and other hosts bring theirs. */

/** Wall clock and timers. On Workers time stands still between I/O: order comes from sequences, never from here. */
export interface Clock {
  /** Milliseconds since the Unix epoch; may be fractional. */
  now(): number
  /** Calls `run` once after `delayMs`; returns what cancels it. */
  schedule(run: () => void, delayMs: number): () => void
}

/** Lower-case hex digits from a source fit for identifiers. */
export type RandomHex = (bytes: number) => string

/** Sends a request; the global `fetch` fits. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/**
 * Small durable state of one sandbox; the storage of its Durable Object fits as it is.
 * Without one, the audit chain and the meter begin anew whenever the isolate does.
 */
export interface StateStore {
  get(key: string): Promise<unknown>
  put(key: string, value: unknown): Promise<void>
  delete(key: string): Promise<boolean>
}

/** One line about the SDK's own trouble. It never carries telemetry content. */
export interface Diagnostic {
  /** What went wrong, from a closed set: `export.rejected`, `queue.full`, `internal`, … */
  readonly kind: string
  readonly message: string
}

const HEX_PER_BYTE = 2

export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(run, delayMs) {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

export const systemRandom: RandomHex = (bytes) =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) =>
    byte.toString(16).padStart(HEX_PER_BYTE, '0'),
  ).join('')

/** Looked up at each call: a Worker's `fetch` must not be called as a method of something else. */
export const systemFetch: Fetch = (url, init) => fetch(url, init)
