import type { HrTime } from '@opentelemetry/api'
import type { Clock } from './ports.ts'

/** A clock set back by more than this was corrected, and is believed. */
const BACKWARD_MS_MAX = 5_000

const NS_PER_MS = 1_000_000
const NS_PER_S = 1_000_000_000
const MS_PER_S = 1_000

/** Points in time that strictly increase, although the clock of a Worker stands still between I/O. */
export interface Timeline {
  /** Seconds and nanoseconds since the Unix epoch. */
  next(): HrTime
}

function toHrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / MS_PER_S)
  return [seconds, Math.floor((ms - seconds * MS_PER_S) * NS_PER_MS)]
}

function after([seconds, nanos]: HrTime): HrTime {
  return nanos + 1 < NS_PER_S ? [seconds, nanos + 1] : [seconds + 1, 0]
}

function msBetween(from: HrTime, to: HrTime): number {
  return (to[0] - from[0]) * MS_PER_S + (to[1] - from[1]) / NS_PER_MS
}

export function createTimeline(clock: Clock): Timeline {
  let last: HrTime = [0, 0]
  return {
    next() {
      const now = toHrTime(clock.now())
      const aheadMs = msBetween(last, now)
      last = aheadMs > 0 || aheadMs < -BACKWARD_MS_MAX ? now : after(last)
      return last
    },
  }
}
