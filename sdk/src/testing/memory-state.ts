import type { StateStore } from '../ports.ts'

/** A durable store that outlives an instrument, as a Durable Object's storage does. */
export function createMemoryState(): StateStore & { readonly entries: ReadonlyMap<string, unknown> } {
  const entries = new Map<string, unknown>()
  return {
    entries,
    get: (key) => Promise.resolve(structuredClone(entries.get(key))),
    put(key, value) {
      entries.set(key, structuredClone(value))
      return Promise.resolve()
    },
    delete: (key) => Promise.resolve(entries.delete(key)),
  }
}
