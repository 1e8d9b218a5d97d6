/** Memory that requests in flight may take together. */
import { Refusal } from './refusal.ts'

export interface MemoryBudget {
  readonly usedBytes: number
  /** False when it does not fit; then nothing is taken. */
  take(bytes: number): boolean
  give(bytes: number): void
}

/** `otherBytes`: memory that counts as well and is not taken here, such as blocks that are filling. */
export function createMemoryBudget(bytesMax: number, otherBytes: () => number): MemoryBudget {
  let taken = 0
  return {
    get usedBytes() {
      return taken + otherBytes()
    },
    take(bytes) {
      if (taken + otherBytes() + bytes > bytesMax) return false
      taken += bytes
      return true
    },
    give(bytes) {
      taken -= bytes
    },
  }
}

/** What one request holds of the budget; given back once, at its end. */
export interface MemoryShare {
  /** Throws Refusal `memory_full`. */
  take(bytes: number): void
  /** Gives everything back. Repeatable. */
  giveBack(): void
}

export function createMemoryShare(budget: MemoryBudget): MemoryShare {
  let held = 0
  return {
    take(bytes) {
      if (!budget.take(bytes)) throw new Refusal('memory_full', 'too many requests in flight, try again')
      held += bytes
    },
    giveBack() {
      budget.give(held)
      held = 0
    },
  }
}
