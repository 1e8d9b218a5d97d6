/** Random numbers that repeat for a seed (mulberry32). */
export interface Random {
  /** In [0, 1). */
  next(): number
  /** Integer in [0, below). */
  below(below: number): number
  pick<T>(values: readonly T[]): T
  hex(digits: number): string
}

const UINT32 = 2 ** 32

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const uint32 = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (limit: number): number => Math.floor((uint32() / UINT32) * limit)
  return {
    next: () => uint32() / UINT32,
    below,
    pick(values) {
      const value = values[below(values.length)]
      if (value === undefined) throw new Error('nothing to pick from')
      return value
    },
    hex: (digits) => Array.from({ length: digits }, () => below(16).toString(16)).join(''),
  }
}
