/** The sum of what lies in a window that only moves forward. */
export interface SlidingSum {
  /** In the order of time. */
  add(atMs: number, amount: bigint): void
  /** Forgets what lies before, and returns the sum of the rest. */
  since(startMs: number): bigint
}

export function createSlidingSum(): SlidingSum {
  const entries: { readonly atMs: number; readonly amount: bigint }[] = []
  let first = 0
  let sum = 0n
  return {
    add(atMs, amount) {
      entries.push({ atMs, amount })
      sum += amount
    },
    since(startMs) {
      for (let entry = entries[first]; entry !== undefined && entry.atMs < startMs; entry = entries[++first])
        sum -= entry.amount
      return sum
    },
  }
}
