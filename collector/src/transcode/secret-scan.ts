/**
 * Finds out while copying, eight bytes at a time, whether a string needs the slow look for secrets. A table says of each pair
 * of bytes whether a secret may be near; looking at every second pair is enough, since the table knows every needle at both
 * alignments. What it suspects is searched for needles byte by byte, and only what holds one goes to the rules.
 */
import { createRedactor, redactionMark } from '@sandglass/schemas/redaction'
import { bytesMayHoldSecret } from '@sandglass/schemas/redaction/suspicion'
import { type ByteStream, WORD_SLACK } from './byte-stream.ts'
import { PAIRS, isSeparated, mayHoldSecret } from './secret-pairs.ts'

const decoder = new TextDecoder()
const redact = createRedactor()

/** Stands for a value whose name says that it is a secret. */
export const SECRET_MARK = redactionMark('name')

/** The string in [at, at + length) without its secrets; undefined when it has none. `flags` are those of its pairs. */
export function redactBytes(
  source: ByteStream,
  at: number,
  length: number,
  flags: number,
): string | undefined {
  if (!mayHoldSecret(flags, length)) return undefined
  if (!bytesMayHoldSecret(source.bytes, at, at + length, isSeparated(flags))) return undefined
  return redactText(decoder.decode(source.bytes.subarray(at, at + length)))
}

export function redactText(text: string): string | undefined {
  const clean = redact(text)
  return clean === text ? undefined : clean
}

/** Copies `length` bytes; returns the flags of their pairs, for `mayHoldSecret`. The target must have the slack. */
export function copyScanning(
  view: DataView,
  to: number,
  source: ByteStream,
  at: number,
  length: number,
): number {
  const from = source.view
  const end = at + length
  if (end + WORD_SLACK > source.bytes.length) return copyScanningBytes(view, to, from, at, end)
  let flags = 0
  let i = at
  for (; i + 4 <= end; i += 4, to += 4) {
    const word = from.getInt32(i, true)
    view.setInt32(to, word, true)
    flags |= (PAIRS[word & 0xffff] ?? 0) | (PAIRS[word >>> 16] ?? 0)
  }
  if (i === end) return flags
  const word = from.getInt32(i, true) & (0xff_ffff >>> ((3 - (end - i)) << 3))
  view.setInt32(to, word, true)
  return flags | (PAIRS[word & 0xffff] ?? 0) | (PAIRS[word >>> 16] ?? 0)
}

/** The same at the end of the source, where no whole word can be read. */
function copyScanningBytes(view: DataView, to: number, from: DataView, at: number, end: number): number {
  let flags = 0
  for (let i = at; i < end; i += 2, to += 2) {
    const first = from.getUint8(i)
    const second = i + 1 < end ? from.getUint8(i + 1) : 0
    view.setUint8(to, first)
    view.setUint8(to + 1, second)
    flags |= PAIRS[first | (second << 8)] ?? 0
  }
  return flags
}
