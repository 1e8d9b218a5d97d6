/**
 * Reads protobuf messages into plain objects shaped like OTLP/JSON, after tables of fields (protobuf-fields.ts). Metrics are
 * not on the hot path: what is clear is preferred to what is fast.
 */
import { DecodeError } from '../otlp/decode-error.ts'
import type { WireCursor } from '../otlp/protobuf/wire-cursor.ts'
import { toBigInt } from '../transcode/number-text.ts'

export type Scalar =
  | 'string'
  | 'id'
  | 'bytes'
  | 'bool'
  | 'uint32'
  | 'sint32'
  | 'int64'
  | 'uint64'
  | 'fixed64'
  | 'sfixed64'
  | 'double'

export interface Field {
  readonly name: string
  readonly type: Scalar | (() => MessageType)
  readonly repeated?: boolean
}

/** Fields by their number. */
export type MessageType = Readonly<Record<number, Field>>

export type PlainMessage = Record<string, unknown>

const VARINT = 0
const FIXED64 = 1
const LENGTH_DELIMITED = 2

const wireTypes: Readonly<Record<Scalar, number>> = {
  string: LENGTH_DELIMITED,
  id: LENGTH_DELIMITED,
  bytes: LENGTH_DELIMITED,
  bool: VARINT,
  uint32: VARINT,
  sint32: VARINT,
  int64: VARINT,
  uint64: VARINT,
  fixed64: FIXED64,
  sfixed64: FIXED64,
  double: FIXED64,
}

/** Messages inside one request; a value, an attribute and a data point are one each. */
const MESSAGES_MAX = 1_000_000
/** Nesting of messages; what lies deeper is left out. Attributes are cut long before. */
const DEPTH_MAX = 100

const decoder = new TextDecoder()
const UINT64 = (1n << 64n) - 1n

export class MessageReader {
  readonly #cursor: WireCursor
  #messages = 0
  #depth = 0

  constructor(cursor: WireCursor) {
    this.#cursor = cursor
  }

  /** Throws DecodeError for a body that is no such message. */
  read(type: MessageType, body: Uint8Array): PlainMessage {
    this.#messages = 0
    this.#depth = 0
    this.#cursor.open(body)
    try {
      return this.#message(type, 0, body.length)
    } catch (error) {
      if (error instanceof RangeError) throw new DecodeError('the message ends too early', body.length)
      throw error
    } finally {
      this.#cursor.close()
    }
  }

  #message(type: MessageType, from: number, to: number): PlainMessage {
    const cursor = this.#cursor
    if (++this.#messages > MESSAGES_MAX) {
      throw new DecodeError(`more than ${MESSAGES_MAX} messages in one request, send smaller ones`, from)
    }
    const message: PlainMessage = {}
    for (let at = from; at < to;) {
      at = cursor.next(at, to)
      const field = type[cursor.tag >>> 3]
      if (field !== undefined) this.#field(message, field, cursor.tag & 7)
    }
    return message
  }

  #field(message: PlainMessage, { name, type, repeated }: Field, wire: number): void {
    if (typeof type === 'string') {
      const values = this.#scalars(type, wire)
      message[name] = repeated === true ? append(message[name], values) : (values.at(-1) ?? message[name])
    } else if (wire === LENGTH_DELIMITED && this.#depth < DEPTH_MAX) {
      this.#depth++
      const value = this.#message(type(), this.#cursor.from, this.#cursor.to)
      this.#depth--
      message[name] = repeated === true ? append(message[name], [value]) : value
    }
  }

  /** The values of a field: one, or all of a packed one; none when the wire type is another. */
  #scalars(type: Scalar, wire: number): readonly unknown[] {
    if (wire === wireTypes[type]) return [this.#scalar(type)]
    if (wire !== LENGTH_DELIMITED) return []
    const values: unknown[] = []
    const { to } = this.#cursor
    for (let at = this.#cursor.from; at < to;) {
      at = this.#packed(type, at, to)
      values.push(this.#scalar(type))
    }
    return values
  }

  /** Moves the cursor onto the packed number at `at`; returns the position behind it. */
  #packed(type: Scalar, at: number, to: number): number {
    const cursor = this.#cursor
    const end = wireTypes[type] === FIXED64 ? at + 8 : endOfVarint(cursor.source.bytes, at, to)
    if (end > to) throw new DecodeError('a packed number does not fit into its field', at)
    cursor.from = at
    cursor.to = end
    return end
  }

  #scalar(type: Scalar): unknown {
    const cursor = this.#cursor
    const bytes = (): Uint8Array => cursor.source.bytes.subarray(cursor.from, cursor.to)
    switch (type) {
      case 'string':
        return decoder.decode(bytes())
      case 'id':
        return Buffer.from(bytes()).toString('hex')
      case 'bytes':
        return Buffer.from(bytes()).toString('base64')
      case 'bool':
        return cursor.int() !== 0
      case 'uint32':
        return cursor.int() >>> 0
      case 'sint32':
        return zigzag(cursor.int())
      case 'double':
        return cursor.double()
      case 'int64':
      case 'uint64':
      case 'fixed64':
      case 'sfixed64':
        return this.#int64(type)
      default:
        return type satisfies never
    }
  }

  #int64(type: 'int64' | 'uint64' | 'fixed64' | 'sfixed64'): bigint {
    const cursor = this.#cursor
    if (wireTypes[type] === FIXED64) cursor.readFixed64()
    else cursor.readVarint()
    const value = toBigInt(cursor.low, cursor.high)
    return type === 'uint64' || type === 'fixed64' ? value & UINT64 : value
  }
}

const append = (before: unknown, values: readonly unknown[]): unknown[] => {
  if (!Array.isArray(before)) return [...values]
  for (const value of values) before.push(value)
  return before
}

const zigzag = (value: number): number => (value >>> 1) ^ -(value & 1)

function endOfVarint(bytes: Uint8Array, at: number, to: number): number {
  let end = at
  while (end < to && (bytes[end] ?? 0) > 0x7f) end++
  return end + 1
}
