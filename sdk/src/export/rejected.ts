import type { Serializers } from './encoding.ts'
import type { Parcel } from './parcel.ts'

/** How many records an answer with partial success refused, from 0 to all of them. */
export function rejectedRecords(serializers: Serializers, parcel: Parcel, answer: Uint8Array): number {
  if (answer.length === 0) return 0
  try {
    return clamp(readRejected(serializers, parcel, answer), parcel.records)
  } catch {
    // a 200 that cannot be read is still a 200
    return 0
  }
}

function readRejected(serializers: Serializers, parcel: Parcel, answer: Uint8Array): unknown {
  return parcel.signal === 'spans'
    ? serializers.spans.deserializeResponse(answer).partialSuccess?.rejectedSpans
    : serializers.events.deserializeResponse(answer).partialSuccess?.rejectedLogRecords
}

/** JSON carries 64-bit integers as strings. */
function clamp(rejected: unknown, records: number): number {
  const count = Number(rejected ?? 0)
  return Number.isInteger(count) ? Math.min(Math.max(count, 0), records) : 0
}
