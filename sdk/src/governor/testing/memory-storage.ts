/** Storage of a Durable Object in memory: what is stored is a copy, and lists are in the order of their keys. */
import type { GateStorage } from '../ports.ts'

export function createMemoryStorage(): GateStorage {
  const values = new Map<string, unknown>()
  return {
    get: async (key) => structuredClone(values.get(key)),
    put: async (key, value) => void values.set(key, structuredClone(value)),
    delete: async (key) => values.delete(key),
    list: async ({ prefix, limit, startAfter }) =>
      new Map(
        [...values]
          .filter(([key]) => key.startsWith(prefix) && (startAfter === undefined || key > startAfter))
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .slice(0, limit)
          .map(([key, value]) => [key, structuredClone(value)]),
      ),
  }
}
