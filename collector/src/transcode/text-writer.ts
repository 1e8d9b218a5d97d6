/** Copies strings from a request into columns: cut at the limit, without the secrets that were found in them. */
import { VARINT_BYTES_MAX, appendByte, appendUtf8, writeVarint } from './append.ts'
import { ByteStream } from './byte-stream.ts'
import type { TranscodeCounts } from './counts.ts'
import { stringLength } from './encoded-string.ts'
import { LOOK_AHEAD_BYTES } from './limits.ts'
import { SECRET_MARK, copyScanning, redactBytes, redactText } from './secret-scan.ts'
import { utf8CutAt } from './utf8.ts'

export class TextWriter {
  /** Something of the present record was cut. */
  truncated = false
  readonly #bytesMax: number
  readonly #counts: TranscodeCounts

  constructor(bytesMax: number, counts: TranscodeCounts) {
    this.#bytesMax = bytesMax
    this.#counts = counts
  }

  /** Appends `length` bytes of the source as one String. */
  put(target: ByteStream, source: ByteStream, at: number, length: number): void {
    if (length === 0) return appendByte(target, 0)
    const start = target.length
    const kept = length <= this.#bytesMax ? length : this.#cut(source, at)
    target.reserve(kept + VARINT_BYTES_MAX)
    const to = kept < 0x80 ? start + 1 : writeVarint(target.bytes, start, kept)
    if (kept < 0x80) target.view.setUint8(start, kept)
    target.length = to + kept
    const flags = copyScanning(target.view, to, source, at, kept)
    if (flags !== 0) this.#redact(flags, target, start, source, at, length)
  }

  /** Appends a string that is at hand already, such as a rendered array. */
  putString(target: ByteStream, text: string): void {
    const start = target.length
    const clean = redactText(text)
    if (clean !== undefined) this.#counts.stringsRedacted++
    appendUtf8(target, clean ?? text)
    this.#cutLast(target, start)
  }

  /** Appends the mark of a value whose name says that it is a secret. */
  putSecret(target: ByteStream): void {
    this.#counts.stringsRedacted++
    appendUtf8(target, SECRET_MARK)
  }

  #cut(source: ByteStream, at: number): number {
    this.truncated = true
    return utf8CutAt(source.bytes, at, this.#bytesMax)
  }

  #redact(
    flags: number,
    target: ByteStream,
    start: number,
    source: ByteStream,
    at: number,
    length: number,
  ): void {
    const seenMax = this.#bytesMax + LOOK_AHEAD_BYTES
    const seen = length <= seenMax ? length : utf8CutAt(source.bytes, at, seenMax)
    const clean = redactBytes(source, at, seen, flags)
    if (clean === undefined) return
    this.#counts.stringsRedacted++
    target.length = start
    appendUtf8(target, clean)
    this.#cutLast(target, start)
  }

  /** Cuts the string that begins at `start` and ends the stream. */
  #cutLast(target: ByteStream, start: number): void {
    const length = stringLength(target, start)
    if (length <= this.#bytesMax) return
    const bytes = target.bytes.slice(target.length - length, target.length)
    const kept = this.#cut(new ByteStream(bytes), 0)
    const at = writeVarint(target.bytes, start, kept)
    target.bytes.set(bytes.subarray(0, kept), at)
    target.length = at + kept
  }
}
