import type { Instrument } from '../instrument.ts'

const MS_PER_S = 1_000
/** Beats per time to live, so that one may be lost. */
const BEATS_PER_TTL = 3

/** Calls `beat` while the isolate lives; returns what stops it. */
export function startHeartbeat(instrument: Instrument, ttlS: number, beat: () => void): () => void {
  const delayMs = (ttlS * MS_PER_S) / BEATS_PER_TTL
  let cancel: (() => void) | undefined
  const arm = (): void => {
    cancel = instrument.clock.schedule(() => {
      beat()
      arm()
    }, delayMs)
  }
  if (Number.isFinite(delayMs) && delayMs > 0) arm()
  return () => cancel?.()
}
