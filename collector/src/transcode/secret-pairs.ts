/**
 * What each pair of bytes says about secrets. A needle covers two rare pairs; both must be in the text. So that pairs of
 * different needles are not taken for one, needles are dealt into groups, those of short secrets and those of long ones
 * apart: each group has a flag for its first pairs and one for its second pairs.
 */
import { bareNeedles, separators, type BareNeedle } from '@sandglass/schemas/redaction/suspicion'

const GROUPS = 7
/** Bit g: the rarest pair of a needle of group g. Eight bits above: its second. */
const SECOND_SHIFT = 8
const GROUP_MASK = (1 << GROUPS) - 1
/** A character that stands between a name and its value. */
const SEPARATOR = 1 << 15

export const isSeparated = (flags: number): boolean => flags >= SEPARATOR

/** Whether a text of `length` bytes, whose pairs have these flags together, may hold a secret. */
export function mayHoldSecret(flags: number, length: number): boolean {
  if (isSeparated(flags)) return true
  const groups = flags & (flags >>> SECOND_SHIFT) & GROUP_MASK
  return groups !== 0 && length >= (LENGTHS_MIN[groups] ?? 0)
}

/** Undefined: any byte. */
type Pair = readonly [low: number | undefined, high: number | undefined]

const byLength: readonly BareNeedle[] = [...bareNeedles].sort(
  (left, right) => left.lengthMin - right.lengthMin,
)
const groupSize = Math.ceil(byLength.length / GROUPS)
const groups: readonly (readonly BareNeedle[])[] = Array.from({ length: GROUPS }, (_, group) =>
  byLength.slice(group * groupSize, (group + 1) * groupSize),
)

/** By set of groups: length of the shortest secret of any of them. */
const LENGTHS_MIN = Uint8Array.from({ length: 1 << GROUPS }, (_, set) =>
  Math.min(
    0xff,
    ...groups.flatMap((group, g) => ((set >> g) & 1 ? group.map(({ lengthMin }) => lengthMin) : [])),
  ),
)

function buildPairs(): Uint16Array {
  const pairs = new Uint16Array(256 * 256)
  const flag = ([low, high]: Pair, bit: number): void => {
    for (const first of low === undefined ? ANY : [low]) {
      for (const second of high === undefined ? ANY : [high]) {
        const index = first | (second << 8)
        pairs[index] = (pairs[index] ?? 0) | bit
      }
    }
  }
  for (const [group, needles] of groups.entries()) {
    for (const [rarest, second] of needles.flatMap(({ needle }) => [
      rarePairs(needle, 0),
      rarePairs(needle, 1),
    ])) {
      flag(rarest, 1 << group)
      flag(second, 1 << (group + SECOND_SHIFT))
    }
  }
  for (const separator of codes(separators)) {
    flag([separator, undefined], SEPARATOR)
    flag([undefined, separator], SEPARATOR)
  }
  return pairs
}

/**
 * The two rarest of the pairs that a needle covers when it starts at an even (0) or an odd (1) offset. At its ends it has one
 * byte of a pair: that counts as one where the byte is rare.
 */
function rarePairs(needle: string, start: number): readonly [Pair, Pair] {
  const bytes = codes(needle)
  const pairs: Pair[] = []
  for (let i = -start; i < bytes.length; i += 2) pairs.push([bytes[i], bytes[i + 1]])
  const [rarest, second = rarest] = pairs
    .filter((pair) => commonness(pair) <= COMMONNESS_MAX)
    .sort((left, right) => commonness(left) - commonness(right))
  if (!rarest || !second) throw new Error(`the needle "${needle}" is too short to be found by pairs`)
  return [rarest, second]
}

const ANY = Array.from({ length: 256 }, (_, byte) => byte)

/** Characters of identifiers, the common ones first. */
const COMMON = 'eaotsnirlcdpmuhgbfvkywxzjq0123456789-_./'
const UNCOMMON_WEIGHT = 1
const ANY_WEIGHT = 1000
/** That of a pair of which one byte is any and the other no letter or digit. */
const COMMONNESS_MAX = 5 * ANY_WEIGHT

function commonness([low, high]: Pair): number {
  return weight(low) * weight(high)
}

function weight(byte: number | undefined): number {
  if (byte === undefined) return ANY_WEIGHT
  const rank = COMMON.indexOf(String.fromCharCode(byte))
  return rank < 0 ? UNCOMMON_WEIGHT : UNCOMMON_WEIGHT + COMMON.length - rank
}

function codes(text: string): readonly number[] {
  return Array.from(text, (char) => char.charCodeAt(0))
}

/** Flags of every pair of bytes, the first byte in the low half of the index. */
export const PAIRS: Uint16Array = buildPairs()
