/** Memory that requests in flight may take together. */
import type { BufferPool } from './buffer-pool.ts'
import { Refusal } from './refusal.ts'

export interface MemoryBudget {
  readonly usedBytes: number
  readonly pool: BufferPool
  /** False when it does not fit; then nothing is taken. */
  take(bytes: number): boolean
  give(bytes: number): void
}

/** `otherBytes`: memory that counts as well and is not taken here, such as blocks that are filling. */
export function createMemoryBudget(
  bytesMax: number,
  pool: BufferPool,
  otherBytes: () => number,
): MemoryBudget {
  let taken = 0
  return {
    pool,
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
  /** A buffer of at least `bytes` that is given back with the rest. Throws Refusal `memory_full`. */
  allocate(bytes: number): Buffer
  /** Gives everything back: buffers must not be touched any more. Repeatable. */
  giveBack(): void
}

export function createMemoryShare(budget: MemoryBudget): MemoryShare {
  const buffers: Buffer[] = []
  let held = 0
  const take = (bytes: number): void => {
    if (!budget.take(bytes)) throw new Refusal('memory_full', 'too many requests in flight, try again')
    held += bytes
  }
  return {
    take,
    allocate(bytes) {
      take(bytes)
      const buffer = budget.pool.take(bytes)
      buffers.push(buffer)
      return buffer
    },
    giveBack() {
      budget.give(held)
      held = 0
      for (const buffer of buffers.splice(0)) budget.pool.give(buffer)
    },
  }
}
