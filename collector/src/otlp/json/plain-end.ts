/**
 * Finds the end of the plain part of a JSON string, four bytes at a time: in each of the three differences below, the lowest
 * byte whose high bit rises without having been set is the first byte that is equal, or lower
 * (https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord).
 */
const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACE = 0x20

const QUOTES = 0x2222_2222
const BACKSLASHES = 0x5c5c_5c5c
const SPACES = 0x2020_2020
const ONES = 0x0101_0101
const HIGH_BITS = 0x8080_8080 | 0

/** Place of the first quote, backslash or control character at or behind `from`; the end of the body when there is none. */
export function plainEnd(view: DataView, from: number): number {
  const wordsEnd = view.byteLength - 3
  let at = from
  for (; at < wordsEnd; at += 4) {
    const found = marks(view.getInt32(at, true))
    if (found !== 0) return at + ((31 - Math.clz32(found & -found)) >> 3)
  }
  while (at < view.byteLength && isPlain(view.getUint8(at))) at++
  return at
}

/** The high bit of the first byte that ends the plain part, and perhaps of later ones; 0 when none does. */
function marks(word: number): number {
  const quotes = word ^ QUOTES
  const backslashes = word ^ BACKSLASHES
  const equal = ((quotes - ONES) & ~quotes) | ((backslashes - ONES) & ~backslashes)
  return (equal | ((word - SPACES) & ~word)) & HIGH_BITS
}

function isPlain(byte: number): boolean {
  return byte !== QUOTE && byte !== BACKSLASH && byte >= SPACE
}
