/** Writes request models as OTLP protobuf. */
import type { AttributeValue, RequestModel, SpanModel } from './payload.ts'

const VARINT = 0
const FIXED64 = 1
const BYTES = 2

export function toProtobuf(request: RequestModel): Buffer {
  const resource = bytes(
    1,
    request.resource.map(([key, value]) => bytes(1, [keyValue(key, value)])),
  )
  const scope = bytes(1, [text(1, '@sandglass/sdk'), text(2, '0.1.0')])
  const spans = request.spans.map((span) => bytes(2, [toSpan(span)]))
  return bytes(1, [resource, bytes(2, [scope, ...spans])])
}

function toSpan(span: SpanModel): Buffer {
  return Buffer.concat([
    bytes(1, [Buffer.from(span.traceId, 'hex')]),
    bytes(2, [Buffer.from(span.spanId, 'hex')]),
    bytes(4, [Buffer.from(span.parentSpanId, 'hex')]),
    text(5, span.name),
    integer(6, BigInt(span.kind)),
    fixed64(7, span.startNs),
    fixed64(8, span.endNs),
    ...span.attributes.map(([key, value]) => bytes(9, [keyValue(key, value)])),
    ...(span.statusCode === 0
      ? []
      : [bytes(15, [text(2, span.statusMessage), integer(3, BigInt(span.statusCode))])]),
  ])
}

function keyValue(key: string, value: AttributeValue): Buffer {
  return Buffer.concat([text(1, key), bytes(2, [anyValue(value)])])
}

function anyValue(value: AttributeValue): Buffer {
  if (typeof value === 'string') return text(1, value)
  if (typeof value === 'number') return integer(3, BigInt(value))
  const double = Buffer.alloc(8)
  double.writeDoubleLE(value.double)
  return Buffer.concat([tag(4, FIXED64), double])
}

function text(field: number, value: string): Buffer {
  return bytes(field, [Buffer.from(value)])
}

function bytes(field: number, parts: readonly Buffer[]): Buffer {
  const size = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([tag(field, BYTES), varint(BigInt(size)), ...parts])
}

function integer(field: number, value: bigint): Buffer {
  return Buffer.concat([tag(field, VARINT), varint(value)])
}

function fixed64(field: number, value: bigint): Buffer {
  const eight = Buffer.alloc(8)
  eight.writeBigUInt64LE(value)
  return Buffer.concat([tag(field, FIXED64), eight])
}

function tag(field: number, wireType: number): Buffer {
  return varint(BigInt((field << 3) | wireType))
}

function varint(value: bigint): Buffer {
  const out: number[] = []
  let rest = BigInt.asUintN(64, value)
  for (; rest > 0x7fn; rest >>= 7n) out.push(Number(rest & 0x7fn) | 0x80)
  return Buffer.from([...out, Number(rest)])
}
