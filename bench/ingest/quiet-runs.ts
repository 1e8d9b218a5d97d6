/** Repeats a run until as many as were asked for had the machine to themselves. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { LoadOptions } from './options.ts'

/** Share of all cores that others may take in a run that counts. */
const OTHERS_SHARE_MAX = 0.05

/** Runs tried for each that counts; after that the least disturbed ones count. */
const TRIES_PER_RUN = 8

/** Wait before a disturbed run is repeated, ms. */
const PAUSE_MS = 5_000

/** Without `quiet` the first `repeat` runs count, whatever others did. */
export async function quietRuns<T>(
  { repeat, quiet }: Pick<LoadOptions, 'repeat' | 'quiet'>,
  othersShareOf: (run: T) => number,
  runOnce: () => Promise<T>,
  pauseMs = PAUSE_MS,
): Promise<readonly T[]> {
  const runs: T[] = []
  const counting = (): readonly T[] => runs.filter((run) => !quiet || othersShareOf(run) <= OTHERS_SHARE_MAX)
  while (counting().length < repeat && runs.length < repeat * TRIES_PER_RUN) {
    if (runs.length > counting().length) await sleep(pauseMs)
    runs.push(await runOnce())
  }
  return [...runs].sort((left, right) => othersShareOf(left) - othersShareOf(right)).slice(0, repeat)
}
