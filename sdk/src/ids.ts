const POOL_BYTES = 4_096
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Random identifiers, taken from a pool that is filled a page at a time. */
export interface SpanIds {
  traceId(): string
  spanId(): string
}

const TRACE_ID_BYTES = 16
const SPAN_ID_BYTES = 8

export function createSpanIds(): SpanIds {
  const pool = new Uint8Array(POOL_BYTES)
  let next = POOL_BYTES

  function take(bytes: number): string {
    if (next + bytes > POOL_BYTES) {
      crypto.getRandomValues(pool)
      next = 0
    }
    let text = ''
    for (const end = next + bytes; next < end; next++) text += HEX[pool[next] ?? 0] ?? ''
    return text
  }

  return { traceId: () => take(TRACE_ID_BYTES), spanId: () => take(SPAN_ID_BYTES) }
}
