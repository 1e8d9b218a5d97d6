import type { Counters, ReadCounters } from './counters.ts'

/**
 * Reads counters for many askers at little cost: whoever asks while a reading is under way shares the next one, so
 * that every answer was read after it was asked for.
 */
export function createSampler<W>(
  read: ReadCounters,
  hooks: { readonly onBegin: () => W; readonly onSample: (opened: W, counters: Counters) => void },
): ReadCounters {
  let current: Promise<Counters | undefined> | undefined
  let next: Promise<Counters | undefined> | undefined

  async function sample(): Promise<Counters | undefined> {
    const opened = hooks.onBegin()
    const counters = await read()
    if (counters !== undefined) hooks.onSample(opened, counters)
    return counters
  }

  function begin(): Promise<Counters | undefined> {
    next = undefined
    const begun = sample()
    current = begun
    const clear = (): void => {
      if (current === begun) current = undefined
    }
    begun.then(clear, clear)
    return begun
  }

  return () => (current === undefined ? begin() : (next ??= current.then(begin, begin)))
}
