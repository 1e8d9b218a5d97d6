/** Time, as a port. */
export interface Clock {
  /** Unix time, ms, for what is stored. Small steps back of the machine's clock do not show. */
  nowMs(): number
  /** Time since some moment, ms, for durations: no step of the machine's clock shows. */
  elapsedMs(): number
}

/** A step back larger than this is taken over, or one wrong setting would stop the clock until it comes true, ms. */
const HIDDEN_STEP_MS_MAX = 60_000

export function createClock(now: () => number = Date.now): Clock {
  let latestMs = 0
  return {
    nowMs() {
      const foundMs = now()
      if (foundMs > latestMs || foundMs < latestMs - HIDDEN_STEP_MS_MAX) latestMs = foundMs
      return latestMs
    },
    elapsedMs: () => performance.now(),
  }
}
