/**
 * Buffers for bodies, used again: a fresh one per request is memory that V8 does not see until it collects, and collecting
 * took a quarter of the time of the process.
 */
export interface BufferPool {
  /** A buffer of at least `bytes`, with whatever was in it. */
  take(bytes: number): Buffer
  /** The buffer must not be touched any more. */
  give(buffer: Buffer): void
}

/** Smaller bodies come out of Node's own pool, larger ones are too rare to keep, bytes. */
const POOLED_BYTES_MIN = 4 * 1024
export const POOLED_BYTES_MAX = 4 * 1024 * 1024

/** Buffers kept while nobody uses them, all sizes together, bytes. */
const KEPT_BYTES_MAX = 32 * 1024 * 1024

/** Sizes are powers of two. */
export function createBufferPool(): BufferPool {
  const free = new Map<number, Buffer[]>()
  let keptBytes = 0
  return {
    take(bytes) {
      if (bytes < POOLED_BYTES_MIN || bytes > POOLED_BYTES_MAX) return Buffer.allocUnsafe(bytes)
      const size = 2 ** Math.ceil(Math.log2(bytes))
      const kept = free.get(size)?.pop()
      if (kept === undefined) return Buffer.allocUnsafeSlow(size)
      keptBytes -= size
      return kept
    },
    give(buffer) {
      const size = buffer.length
      const pooled = size >= POOLED_BYTES_MIN && size <= POOLED_BYTES_MAX && Number.isInteger(Math.log2(size))
      if (!pooled || size !== buffer.buffer.byteLength || keptBytes + size > KEPT_BYTES_MAX) return
      const list = free.get(size) ?? []
      free.set(size, list)
      list.push(buffer)
      keptBytes += size
    },
  }
}
