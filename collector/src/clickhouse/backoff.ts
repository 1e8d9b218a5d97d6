/** How long to wait before trying again: doubling, with jitter, so that collectors do not come back all at once. */
const FIRST_MS = 100
const LAST_MS = 5_000

/** `attempts` failed so far, from 1. `random` is in [0, 1). Returns ms. */
export function backoffMs(attempts: number, random: number): number {
  const ceiling = Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(attempts - 1, 16))
  return ceiling * (0.5 + random / 2)
}
