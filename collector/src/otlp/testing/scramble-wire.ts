/** The same message written otherwise: fields in another order, unknown fields between them, lengths and tags with spare bytes. */
import protobuf from 'protobufjs'

/** Random number in [0, below). */
export type Below = (below: number) => number

const LENGTH_DELIMITED = 2

interface WireField {
  readonly number: number
  readonly wireType: number
  readonly payload: Uint8Array
}

export function scrambleWire(type: protobuf.Type, message: Uint8Array, below: Below): Uint8Array {
  const fields = split(message).map((field) => scrambleNested(type, field, below))
  const writer = protobuf.Writer.create()
  for (const field of shuffleFields(fields, below)) {
    if (below(4) === 0) writeUnknown(writer, below)
    writeField(writer, field)
  }
  if (below(4) === 0) writeUnknown(writer, below)
  return writer.finish()
}

function split(message: Uint8Array): WireField[] {
  const reader = protobuf.Reader.create(message)
  const fields: WireField[] = []
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    const start = reader.pos
    const wireType = tag & 7
    if (wireType === LENGTH_DELIMITED) fields.push({ number: tag >>> 3, wireType, payload: reader.bytes() })
    else {
      reader.skipType(wireType)
      fields.push({ number: tag >>> 3, wireType, payload: message.slice(start, reader.pos) })
    }
  }
  return fields
}

function scrambleNested(type: protobuf.Type, field: WireField, below: Below): WireField {
  const nested = type.fieldsById[field.number]?.resolve().resolvedType
  if (!(nested instanceof protobuf.Type)) return field
  return { ...field, payload: scrambleWire(nested, field.payload, below) }
}

/** Repeated fields keep their own order. */
function shuffleFields(fields: readonly WireField[], below: Below): WireField[] {
  const queues = new Map<number, WireField[]>()
  for (const field of fields) queues.set(field.number, [...(queues.get(field.number) ?? []), field])
  const shuffled: WireField[] = []
  while (shuffled.length < fields.length) {
    const waiting = [...queues.values()].filter((queue) => queue.length > 0)
    const next = waiting[below(waiting.length)]?.shift()
    if (next) shuffled.push(next)
  }
  return shuffled
}

function writeField(writer: protobuf.Writer, { number, wireType, payload }: WireField): void {
  writer.uint32((number << 3) | wireType)
  if (wireType === LENGTH_DELIMITED) writer.bytes(payload)
  else writer.raw(payload)
}

/** Fields no version of OTLP has, of every wire type. */
function writeUnknown(writer: protobuf.Writer, below: Below): void {
  const number = 1000 + below(100_000)
  const tag = (wireType: number): protobuf.Writer => writer.uint32((number << 3) | wireType)
  const kinds: readonly (() => unknown)[] = [
    () => tag(0).uint64(below(2 ** 30)),
    () => tag(1).double(below(1000)),
    () => tag(2).bytes(new Uint8Array(below(200)).fill(0xff)),
    () =>
      tag(3)
        .uint32((1 << 3) | 2)
        .bytes(new Uint8Array(3))
        .uint32((number << 3) | 4),
    () => tag(5).float(below(1000)),
  ]
  kinds[below(kinds.length)]?.()
}
