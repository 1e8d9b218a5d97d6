/** Finds out while copying, four bytes at a time, whether a string needs the slow look for secrets. */
import type { ByteStream } from './byte-stream.ts'

export interface SecretScan {
  /** Flags of every pair of bytes, low byte first. */
  readonly pairs: Uint8Array
  redact(text: string): string
  /** Stands for a value whose name says that it is a secret. */
  readonly mark: string
}

export const noSecrets: SecretScan = { pairs: new Uint8Array(65_536), redact: (text) => text, mark: '' }

export function isSuspicious(flags: number): boolean {
  return flags !== 0
}

/** Copies `length` bytes and returns the flags of all their pairs that start at an even offset. */
export function copyScanning(
  pairs: Uint8Array,
  view: DataView,
  to: number,
  source: ByteStream,
  at: number,
  length: number,
): number {
  const from = source.view
  const end = at + length
  const wordsEnd = end - 3
  let flags = 0
  let i = at
  for (; i < wordsEnd; i += 4, to += 4) {
    const word = from.getInt32(i, true)
    view.setInt32(to, word, true)
    flags |= (pairs[word & 0xffff] ?? 0) | (pairs[word >>> 16] ?? 0)
  }
  for (; i < end; i += 2, to += 2) {
    const first = from.getUint8(i)
    const second = i + 1 < end ? from.getUint8(i + 1) : 0
    view.setUint8(to, first)
    view.setUint8(to + 1, second)
    flags |= pairs[first | (second << 8)] ?? 0
  }
  return flags
}
