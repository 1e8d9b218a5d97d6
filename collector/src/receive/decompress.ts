/** Undoes Content-Encoding within the limit of a body: a small request may say that it is a large one. */
import { promisify } from 'node:util'
import { gunzip, gunzipSync, inflate, inflateSync, zstdDecompress, zstdDecompressSync } from 'node:zlib'
import { codeOf } from '../errors.ts'
import type { MemoryShare } from './memory-budget.ts'
import { Refusal } from './refusal.ts'

interface Limit {
  readonly maxOutputLength: number
  readonly chunkSize?: number
}

interface Codec {
  readonly now: (body: Buffer, limit: Limit) => Buffer
  readonly later: (body: Buffer, limit: Limit) => Promise<Buffer>
}

const codecs: Readonly<Record<string, Codec>> = {
  gzip: { now: gunzipSync, later: promisify(gunzip) },
  deflate: { now: inflateSync, later: promisify(inflate) },
  zstd: { now: zstdDecompressSync, later: promisify(zstdDecompress) },
}

/** Compressed bodies up to this size are undone at once; a trip to another thread costs more, bytes. */
const SYNC_BYTES_MAX = 8 * 1024

/** Bodies undone in other threads at the same time: two of libuv's four threads stay free for the log's syncs. */
const THREADS_MAX = 2

/** Throws Refusal `bad_content_encoding`. */
export function checkEncoding(encoding: string | undefined): void {
  if (encoding === undefined || encoding === 'identity' || Object.hasOwn(codecs, encoding)) return
  throw new Refusal(
    'bad_content_encoding',
    `Content-Encoding ${encoding.slice(0, 40)}: send ${Object.keys(codecs).join(', ')} or none`,
  )
}

export type Decompress = (
  body: Buffer,
  encoding: string | undefined,
  memory: MemoryShare,
) => Buffer | Promise<Buffer>

/** Throws Refusal `body_too_large`, `bad_compression` or `memory_full`. */
export function createDecompress(bytesMax: number): Decompress {
  const inTurn = createTurns(THREADS_MAX)
  return (body, encoding, memory) => {
    const codec = encoding === undefined ? undefined : codecs[encoding]
    if (codec === undefined) return body
    return inflateWithin(codec, body, bytesMax, memory, inTurn)
  }
}

async function inflateWithin(
  codec: Codec,
  body: Buffer,
  bytesMax: number,
  memory: MemoryShare,
  inTurn: <T>(task: () => Promise<T>) => Promise<T>,
): Promise<Buffer> {
  try {
    const limit = { maxOutputLength: bytesMax }
    const plain =
      body.length <= SYNC_BYTES_MAX ? codec.now(body, limit) : await inTurn(() => codec.later(body, limit))
    memory.take(plain.length)
    return plain
  } catch (error) {
    if (error instanceof Refusal) throw error
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') {
      throw new Refusal('body_too_large', `the decompressed body is larger than ${bytesMax} bytes`)
    }
    throw new Refusal('bad_compression', `the body is not what Content-Encoding says: ${codeOf(error)}`)
  }
}

/** Runs at most `width` tasks at a time, the others in the order they came. */
function createTurns(width: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async (task) => {
    if (running >= width) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await task()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
