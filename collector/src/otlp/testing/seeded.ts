/** Choices that repeat for a seed (mulberry32). */
import type { Below } from './scramble-wire.ts'

const UINT32 = 2 ** 32

export function seededBelow(seed: number): Below {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / UINT32) * below)
  }
}
