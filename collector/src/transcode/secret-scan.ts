/**
 * Finds out while copying, four bytes at a time, whether a string needs the slow look for secrets. A table says of each pair
 * of bytes whether a secret may be near; looking at every second pair is enough, since the table knows every needle at both
 * alignments. What it suspects is searched for needles byte by byte, and only what holds one goes to the rules.
 */
import { createRedactor, redactionMark } from '@sandglass/schemas/redaction'
import { bareNeedles, bytesMayHoldSecret, separators } from '@sandglass/schemas/redaction-suspicion'
import type { ByteStream } from './byte-stream.ts'

const decoder = new TextDecoder()
const redact = createRedactor()

/** Stands for a value whose name says that it is a secret. */
export const SECRET_MARK = redactionMark('name')

/** The string in [at, at + length) without its secrets; undefined when it has none. */
export function redactBytes(source: ByteStream, at: number, length: number): string | undefined {
  if (!bytesMayHoldSecret(source.bytes, at, at + length)) return undefined
  return redactText(decoder.decode(source.bytes.subarray(at, at + length)))
}

export function redactText(text: string): string | undefined {
  const clean = redact(text)
  return clean === text ? undefined : clean
}

/** Copies `length` bytes; returns whether they may hold a secret. */
export function copyScanning(
  view: DataView,
  to: number,
  source: ByteStream,
  at: number,
  length: number,
): boolean {
  const from = source.view
  const end = at + length
  const wordsEnd = end - 3
  let flags = 0
  let i = at
  for (; i < wordsEnd; i += 4, to += 4) {
    const word = from.getInt32(i, true)
    view.setInt32(to, word, true)
    flags |= (PAIRS[word & 0xffff] ?? 0) | (PAIRS[word >>> 16] ?? 0)
  }
  for (; i < end; i += 2, to += 2) {
    const first = from.getUint8(i)
    const second = i + 1 < end ? from.getUint8(i + 1) : 0
    view.setUint8(to, first)
    view.setUint8(to + 1, second)
    flags |= PAIRS[first | (second << 8)] ?? 0
  }
  return flags >= SUSPICIOUS
}

/** A needle without separators covers two rare pairs, of which one has the first flag and one the second. */
const RARE = 1
const SECOND = 2
const SEPARATOR = 4
/** Both pairs of needles were seen, or a separator. */
const SUSPICIOUS = RARE | SECOND

/** Characters of identifiers, the common ones first. */
const COMMON = 'eaotsnirlcdpmuhgbfvkywxzjq-_./0123456789abcdef'
const UNCOMMON_WEIGHT = 1

type Pair = readonly [low: number, high: number]

function buildPairs(): Uint8Array {
  const pairs = new Uint8Array(65_536)
  const flag = ([low, high]: Pair, bit: number): void => {
    pairs[low | (high << 8)] = (pairs[low | (high << 8)] ?? 0) | bit
  }
  for (const needle of bareNeedles) {
    for (const start of [0, 1]) {
      const [rarest, second = rarest] = pairsOf(needle, start)
      if (!rarest || !second) throw new Error(`the needle "${needle}" is too short to be found by pairs`)
      flag(rarest, RARE)
      flag(second, SECOND)
    }
  }
  for (const separator of codes(separators)) {
    for (let any = 0; any < 256; any++) {
      flag([separator, any], SEPARATOR)
      flag([any, separator], SEPARATOR)
    }
  }
  return pairs
}

/** The pairs a needle covers when it starts at an even (0) or an odd (1) offset, the rarest first. */
function pairsOf(needle: string, start: number): readonly Pair[] {
  const bytes = codes(needle)
  const pairs: Pair[] = []
  for (let i = start; i + 1 < bytes.length; i += 2) pairs.push([bytes[i] ?? 0, bytes[i + 1] ?? 0])
  return pairs.sort((left, right) => commonness(left) - commonness(right))
}

function commonness([low, high]: Pair): number {
  return weight(low) * weight(high)
}

function weight(byte: number): number {
  const rank = COMMON.indexOf(String.fromCharCode(byte).toLowerCase())
  return rank < 0 ? UNCOMMON_WEIGHT : UNCOMMON_WEIGHT + COMMON.length - rank
}

function codes(text: string): readonly number[] {
  return Array.from(text, (char) => char.charCodeAt(0))
}

const PAIRS = buildPairs()
