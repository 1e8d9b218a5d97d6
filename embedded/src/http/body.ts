import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { PassThrough, Readable, Transform, Writable, type TransformCallback } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { fromEngine, refuse } from '../errors/clickhouse-error.ts'
import { header } from './header.ts'

const DECODERS: ReadonlyMap<string, () => Transform> = new Map<string, () => Transform>([
  ['identity', () => new PassThrough()],
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
  ['zstd', createZstdDecompress],
])

/**
 * Writes a request's decompressed body to that new file.
 * @returns its size in bytes
 * @throws ClickHouseError past `bytesMax`, counted after decompression, or when it cannot be decompressed.
 */
export async function receiveBody(request: IncomingMessage, file: string, bytesMax: number): Promise<number> {
  try {
    return await receiveInto(request, createWriteStream(file, { flags: 'wx', mode: 0o600 }), bytesMax)
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
}

/** Reads a decompressed body into memory; same errors. */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  const memory = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  await receiveInto(request, memory, bytesMax)
  return Buffer.concat(chunks)
}

/** Leaves the request open on an error, so that the error can still be answered. */
async function receiveInto(request: IncomingMessage, sink: Writable, bytesMax: number): Promise<number> {
  const count = countBytes(bytesMax)
  const bytes = Readable.from(request.iterator({ destroyOnReturn: false }), { objectMode: false })
  try {
    await pipeline(bytes, decoderFor(request), count.stream, sink)
    return count.total()
  } catch (error) {
    throw receiveError(error)
  }
}

function decoderFor(request: IncomingMessage): Transform {
  const encoding = header(request, 'content-encoding')?.trim().toLowerCase() ?? 'identity'
  const create = DECODERS.get(encoding)
  if (create) return create()
  const known = [...DECODERS.keys()].join(', ')
  throw refuse('NOT_IMPLEMENTED', `Content-Encoding '${encoding}' is not supported; known: ${known}.`)
}

function countBytes(bytesMax: number): { stream: Transform; total: () => number } {
  let total = 0
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      total += chunk.length
      if (total <= bytesMax) done(null, chunk)
      else done(refuse('QUERY_IS_TOO_LARGE', `The request body exceeds ${bytesMax} bytes. Send it in parts.`))
    },
  })
  return { stream, total: () => total }
}

const BROKEN_ENCODING = /^(Z_|ZSTD_|ERR_(BROTLI|ZSTD)|ERR__ERROR_FORMAT)/

function receiveError(error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (BROKEN_ENCODING.test(code)) {
    return refuse('CANNOT_DECOMPRESS', `The request body cannot be decompressed: ${String(error)}.`)
  }
  if (code === 'ENOSPC') return refuse('NOT_ENOUGH_SPACE', 'The disk has no space left for the request body.')
  return fromEngine(error)
}
