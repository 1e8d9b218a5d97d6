import type { Clock } from '../ports.ts'

/** A clock that moves when it is told to. */
export interface TestClock extends Clock {
  /** Moves on, running what comes due, in order. */
  advance(ms: number): void
  /** Sets the time without running anything. */
  jump(toMs: number): void
}

interface Timer {
  readonly dueMs: number
  readonly run: () => void
}

export function createTestClock(startMs = 1_700_000_000_000): TestClock {
  let now = startMs
  const timers = new Set<Timer>()
  const nextDue = (untilMs: number): Timer | undefined =>
    [...timers].filter(({ dueMs }) => dueMs <= untilMs).toSorted((a, b) => a.dueMs - b.dueMs)[0]
  return {
    now: () => now,
    schedule(run, delayMs) {
      const timer = { dueMs: now + delayMs, run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    advance(ms) {
      const end = now + ms
      for (let due = nextDue(end); due !== undefined; due = nextDue(end)) {
        timers.delete(due)
        now = Math.max(now, due.dueMs)
        due.run()
      }
      now = end
    },
    jump: (toMs) => void (now = toMs),
  }
}
