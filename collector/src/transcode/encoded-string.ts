/** Strings as columns hold them: a varint of the length, then the bytes. */
import type { ByteStream } from './byte-stream.ts'

/** Length of the string at `at`, bytes. */
export function stringLength(stream: ByteStream, at: number): number {
  let length = 0
  for (let shift = 0, i = at; ; shift += 7, i++) {
    const byte = stream.bytes[i] ?? 0
    length |= (byte & 0x7f) << shift
    if (byte < 0x80) return length
  }
}

/** First byte behind the string at `at`. */
export function stringEnd(stream: ByteStream, at: number): number {
  let i = at
  while ((stream.bytes[i] ?? 0) > 0x7f) i++
  return i + 1 + stringLength(stream, at)
}

const decoder = new TextDecoder()

export function stringAt(stream: ByteStream, at: number): string {
  const end = stringEnd(stream, at)
  return decoder.decode(stream.bytes.subarray(end - stringLength(stream, at), end))
}

/** The bytes [leftAt, leftEnd) of one stream are the same as those of the whole other. */
export function sameRange(left: ByteStream, leftAt: number, leftEnd: number, right: ByteStream): boolean {
  if (leftEnd - leftAt !== right.length) return false
  for (let i = 0; i < right.length; i++) {
    if (left.bytes[leftAt + i] !== right.bytes[i]) return false
  }
  return true
}
