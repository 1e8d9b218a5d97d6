/** Memory that requests in flight may take together. */
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
