/** Reads protobuf's wire format: one field after the other, without copying. */
import { DecodeError } from '../decode-error.ts'
import { ByteStream } from '../../transcode/byte-stream.ts'

const VARINT = 0
const FIXED64 = 1
const LENGTH_DELIMITED = 2
const GROUP_START = 3
const GROUP_END = 4
const FIXED32 = 5

/** Longest varint, bytes. */
const VARINT_BYTES_MAX = 10

/**
 * Position and payload of the field read last. Its number and wire type stay together in `tag`, so a field of a known
 * number and an unexpected wire type is an unknown field: it is skipped, as protobuf demands.
 */
export class WireCursor {
  readonly source = new ByteStream(new Uint8Array(0))
  /** (field number << 3) | wire type */
  tag = 0
  /** Payload: the bytes [from, to). */
  from = 0
  to = 0
  /** Halves of the 64-bit number read last. */
  low = 0
  high = 0
  #view = this.source.view

  open(body: Uint8Array): void {
    this.source.wrap(body)
    this.#view = this.source.view
  }

  /** Lets go of the body. */
  close(): void {
    this.open(new Uint8Array(0))
  }

  /** Reads the field at `at` of a message that ends at `end`; returns the position behind it. */
  next(at: number, end: number): number {
    let tag = this.#view.getUint8(at++)
    if (tag > 0x7f) {
      at = this.#varint(at - 1, end)
      tag = this.low >>> 0
    }
    this.tag = tag
    if ((tag & 7) !== LENGTH_DELIMITED) return this.#scalar(at, end)
    if (at >= end) throw new DecodeError('the message ends where a length is expected', at)
    let length = this.#view.getUint8(at++)
    if (length > 0x7f) {
      at = this.#varint(at - 1, end)
      length = this.high === 0 ? this.low >>> 0 : Infinity
    }
    if (length > end - at)
      throw new DecodeError(`a field of ${length} bytes does not fit into its message`, at)
    if (tag < 8) throw new DecodeError('field number 0', at)
    this.from = at
    this.to = at + length
    return this.to
  }

  /** Number of the varint field read last, its low 32 bits. */
  int(): number {
    this.#varint(this.from, this.to)
    return this.low | 0
  }

  /** Reads the varint field read last into `low` and `high`. */
  readVarint(): void {
    this.#varint(this.from, this.to)
  }

  /** Reads the 64-bit field read last into `low` and `high`. */
  readFixed64(): void {
    this.low = this.#view.getInt32(this.from, true)
    this.high = this.#view.getInt32(this.from + 4, true)
  }

  /** The 64-bit field read last as a floating point number. */
  double(): number {
    return this.#view.getFloat64(this.from, true)
  }

  /** The 32-bit field read last. */
  fixed32(): number {
    return this.#view.getInt32(this.from, true)
  }

  #scalar(at: number, end: number): number {
    this.from = at
    this.to = this.#skip(this.tag, at, end)
    if (this.to > end) throw new DecodeError('a field does not fit into its message', at)
    if (this.tag < 8) throw new DecodeError('field number 0', at)
    return this.to
  }

  #skip(tag: number, at: number, end: number): number {
    switch (tag & 7) {
      case VARINT:
        return this.#varint(at, end)
      case FIXED64:
        return at + 8
      case FIXED32:
        return at + 4
      case GROUP_START:
        return this.#skipGroup(at, end)
      default:
        throw new DecodeError(`wire type ${tag & 7}`, at)
    }
  }

  /** Groups are gone from protobuf, but an unknown field may still be one; they nest. */
  #skipGroup(at: number, end: number): number {
    for (let depth = 1; depth > 0;) {
      if (at >= end) throw new DecodeError('a group does not end', at)
      at = this.#varint(at, end)
      const tag = this.low
      if ((tag & 7) === GROUP_START) depth++
      else if ((tag & 7) === GROUP_END) depth--
      else if ((tag & 7) === LENGTH_DELIMITED) {
        at = this.#varint(at, end)
        at += this.high === 0 ? this.low >>> 0 : Infinity
      } else at = this.#skip(tag, at, end)
    }
    return at
  }

  #varint(at: number, end: number): number {
    let low = 0
    let high = 0
    const last = Math.min(end, at + VARINT_BYTES_MAX)
    for (let shift = 0, i = at; i < last; i++, shift += 7) {
      const byte = this.#view.getUint8(i)
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high |= bits >> 4
      } else high |= bits << (shift - 32)
      if (byte < 0x80) {
        this.low = low
        this.high = high
        return i + 1
      }
    }
    throw new DecodeError('a number does not end', at)
  }
}
