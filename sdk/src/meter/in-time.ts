import type { Clock } from '../ports.ts'

/** A container that does not answer is asked again later. */
const READING_MS_MAX = 2_000

/** What `read` resolves with; undefined when it takes longer than two seconds. */
export async function inTime<T>(clock: Clock, read: () => Promise<T | undefined>): Promise<T | undefined> {
  let cancel: (() => void) | undefined
  const late = new Promise<undefined>((resolve) => {
    cancel = clock.schedule(() => resolve(undefined), READING_MS_MAX)
  })
  const value = await Promise.race([read(), late])
  cancel?.()
  return value
}
