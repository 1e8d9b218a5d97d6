import type { Clock } from '../ports.ts'

/** What a second of a sandbox is spent on, strongest first: of several at once, the first counts. */
const KINDS = ['command', 'model_wait', 'human_wait', 'terminal', 'background', 'idle'] as const

export type ActivityKind = Exclude<(typeof KINDS)[number], 'idle'>
/** Seconds by kind; exclusive, so that they sum to the time that passed. */
export type Seconds = Readonly<Record<(typeof KINDS)[number], number>>

export interface Activity {
  enter(kind: ActivityKind): () => void
  /** Seconds since the last call, up to a time: milliseconds since the Unix epoch, now when absent. */
  take(atMs?: number): Seconds
}

const MS_PER_S = 1_000

const none = (): Record<(typeof KINDS)[number], number> => ({
  command: 0,
  model_wait: 0,
  human_wait: 0,
  terminal: 0,
  background: 0,
  idle: 0,
})

export function createActivity(clock: Clock): Activity {
  const open = none()
  let seconds = none()
  let since = clock.now()

  function settle(now = clock.now()): void {
    const kind = KINDS.find((candidate) => open[candidate] > 0) ?? 'idle'
    seconds[kind] += Math.max(0, now - since) / MS_PER_S
    since = now
  }

  return {
    enter(kind) {
      settle()
      open[kind]++
      let left = false
      return () => {
        if (left) return
        left = true
        settle()
        open[kind]--
      }
    },
    take(atMs) {
      settle(atMs)
      const taken = seconds
      seconds = none()
      return taken
    },
  }
}
