import { reportInternal } from '../guard.ts'
import type { Instrument } from '../instrument.ts'

/** Work done again and again, one at a time, with a pause between. */
export interface Repeat {
  /** Begins, or changes the pause from now on. */
  every(intervalMs: number): void
  stop(): void
}

export function repeat(instrument: Instrument, work: () => Promise<void>): Repeat {
  let cancel: (() => void) | undefined
  let pauseMs = 0
  /** Counts `every` and `stop`, so that work under way when they are called does not go on afterwards. */
  let round = 0

  function arm(of: number): void {
    cancel = instrument.clock.schedule(() => void workOnce(of), pauseMs)
  }

  async function workOnce(of: number): Promise<void> {
    try {
      await work()
    } catch (error) {
      reportInternal(instrument.diagnostics, error)
    }
    if (of === round) arm(of)
  }

  function stop(): void {
    round++
    cancel?.()
    cancel = undefined
  }

  return {
    every(intervalMs) {
      stop()
      pauseMs = intervalMs
      if (Number.isFinite(intervalMs) && intervalMs > 0) arm(round)
    },
    stop,
  }
}
