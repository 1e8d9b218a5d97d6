/** How long to wait, for an answer and before trying again: doubling, with jitter, so that collectors do not come back all at once. */
const FIRST_MS = 100
const LAST_MS = 5_000

/** `attempts` failed so far, from 1. `random` is in [0, 1). Returns ms. */
export function backoffMs(attempts: number, random: number): number {
  const ceiling = Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(attempts - 1, 16))
  return ceiling * (0.5 + random / 2)
}

/** Time that the first attempt of an insert gets, ms. */
const PATIENCE_MS = 30_000

/**
 * How long to wait for an insert, ms. Twice as long at each attempt: an insert that takes longer than the wait is done
 * nevertheless and only its answer is missed, so the wait must grow beyond it.
 */
export const insertPatienceMs = (attempt: number, msMax: number): number =>
  Math.min(msMax, PATIENCE_MS * 2 ** Math.min(attempt - 1, 16))
