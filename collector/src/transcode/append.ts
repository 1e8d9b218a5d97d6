/** Appends values to a stream in ClickHouse's Native encoding. */
import { ByteStream, WORD_SLACK } from './byte-stream.ts'

/** Longest varint of a length below 2^31, bytes. */
export const VARINT_BYTES_MAX = 5

/** Writes an unsigned LEB128 number below 2^31 and returns the position behind it. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value
  while (rest > 0x7f) {
    bytes[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  bytes[at++] = rest
  return at
}

/** UInt64 below 2^32, such as an offset. */
export function appendUint64(target: ByteStream, value: number): void {
  target.reserve(8)
  target.view.setUint32(target.length, value, true)
  target.view.setUint32(target.length + 4, 0, true)
  target.length += 8
}

/** Two's complement or unsigned 64-bit number from its halves. */
export function appendWords(target: ByteStream, low: number, high: number): void {
  target.reserve(8)
  target.view.setInt32(target.length, low, true)
  target.view.setInt32(target.length + 4, high, true)
  target.length += 8
}

export function appendByte(target: ByteStream, value: number): void {
  target.reserve(1)
  target.view.setUint8(target.length++, value)
}

/** Offset of the next array element after `count` more: ClickHouse's offsets are cumulative. */
export function appendOffset(offsets: ByteStream, count: number): void {
  appendUint64(offsets, lastOffset(offsets) + count)
}

export function lastOffset(offsets: ByteStream): number {
  return offsets.length === 0 ? 0 : offsets.view.getUint32(offsets.length - 8, true)
}

/** String of ASCII characters, such as a number, without looking for secrets. */
export function appendAscii(target: ByteStream, text: string): void {
  target.reserve(text.length + VARINT_BYTES_MAX)
  const { bytes } = target
  let at = writeVarint(bytes, target.length, text.length)
  for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i)
  target.length = at
}

const utf8 = new TextEncoder()

/** String of any characters, without looking for secrets. */
export function appendUtf8(target: ByteStream, text: string): void {
  const encoded = utf8.encode(text)
  target.reserve(encoded.length + VARINT_BYTES_MAX)
  const at = writeVarint(target.bytes, target.length, encoded.length)
  target.bytes.set(encoded, at)
  target.length = at + encoded.length
}

/** A String of its own, length first, to be copied from. */
export function encodeString(text: string): ByteStream {
  const encoded = new ByteStream()
  appendUtf8(encoded, text)
  return new ByteStream(encoded.bytes.slice(0, encoded.length + WORD_SLACK), encoded.length)
}

/** Copies bytes that are already encoded. */
export function appendBytes(target: ByteStream, source: ByteStream, at: number, length: number): void {
  target.reserve(length)
  copyWords(target.view, target.length, source, at, length)
  target.length += length
}

/** Copies eight bytes at a time where the source goes on that far; the target must have the slack. */
export function copyWords(view: DataView, to: number, source: ByteStream, at: number, length: number): void {
  const from = source.view
  const end = at + length
  if (end + WORD_SLACK > source.bytes.length) return copyBytes(view, to, from, at, end)
  for (let i = at; i < end; i += 8, to += 8) view.setBigInt64(to, from.getBigInt64(i, true), true)
}

function copyBytes(view: DataView, to: number, from: DataView, at: number, end: number): void {
  for (let i = at; i < end; i++, to++) view.setUint8(to, from.getUint8(i))
}

/** Repeats the encoded bytes [start, length) until they stand there `times` times. */
export function repeatTail(target: ByteStream, start: number, times: number): void {
  const size = target.length - start
  const total = size * times
  target.reserve(total - size)
  for (let done = size; done < total; done *= 2) {
    target.bytes.copyWithin(start + done, start, start + Math.min(done, total - done))
  }
  target.length = start + total
}
