/** How many spans an acknowledgement says were rejected: `partial_success.rejected_spans`. */
import type { LoadEncoding } from './bodies.ts'

export function rejectedSpans(encoding: LoadEncoding, body: Buffer): number {
  if (body.length === 0) return 0
  return encoding === 'json' ? rejectedInJson(body) : rejectedInProtobuf(body)
}

function rejectedInJson(body: Buffer): number {
  const answer: { readonly partialSuccess?: { readonly rejectedSpans?: string | number } } = JSON.parse(
    body.toString(),
  )
  return Number(answer.partialSuccess?.rejectedSpans ?? 0)
}

/** partial_success is field 1, rejected_spans its field 1 and first in what collectors write. */
const PARTIAL_SUCCESS = 0x0a
const REJECTED_SPANS = 0x08

function rejectedInProtobuf(body: Buffer): number {
  if (body[0] !== PARTIAL_SUCCESS || body[2] !== REJECTED_SPANS) return 0
  let value = 0
  for (let at = 3, factor = 1; ; at += 1, factor *= 128) {
    const byte = body.readUInt8(at)
    value += (byte & 0x7f) * factor
    if (byte < 0x80) return value
  }
}
