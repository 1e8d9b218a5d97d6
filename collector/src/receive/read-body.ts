/** Reads the body of a request into one buffer, within limits, and keeps count of the memory it takes. */
import type { IncomingMessage } from 'node:http'
import { POOLED_BYTES_MAX } from './buffer-pool.ts'
import type { MemoryShare } from './memory-budget.ts'
import { Refusal } from './refusal.ts'

/** Throws Refusal `body_too_large` or `memory_full`; rejects with the error of a connection that breaks. */
export function readBody(request: IncomingMessage, bytesMax: number, memory: MemoryShare): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? Number.NaN)
  if (declared > bytesMax) throw tooLarge(bytesMax)
  // What is only announced takes no memory from others.
  return declared <= POOLED_BYTES_MAX
    ? readDeclared(request, declared, memory)
    : readChunked(request, bytesMax, memory)
}

const tooLarge = (bytesMax: number): Refusal =>
  new Refusal('body_too_large', `the body is larger than ${bytesMax} bytes: send smaller batches`)

/** The size is known: one buffer, filled as bytes arrive. */
function readDeclared(request: IncomingMessage, bytes: number, memory: MemoryShare): Promise<Buffer> {
  const body = memory.allocate(bytes)
  let length = 0
  return collect(
    request,
    (chunk) => {
      length += chunk.copy(body, length)
    },
    () => body.subarray(0, length),
  )
}

function readChunked(request: IncomingMessage, bytesMax: number, memory: MemoryShare): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  return collect(
    request,
    (chunk) => {
      length += chunk.length
      if (length > bytesMax) throw tooLarge(bytesMax)
      memory.take(chunk.length)
      chunks.push(chunk)
    },
    () => (chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length)),
  )
}

/** Once this settles no byte is written any more: the buffer may have another owner by then. */
function collect(
  request: IncomingMessage,
  onChunk: (chunk: Buffer) => void,
  onEnd: () => Buffer,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      request.off('data', take).off('end', end).pause()
      reject(error)
    }
    const take = (chunk: Buffer): void => {
      try {
        onChunk(chunk)
      } catch (error) {
        fail(error)
      }
    }
    const end = (): void => resolve(onEnd())
    request.on('data', take).on('end', end).on('error', fail)
    request.on('close', () => {
      if (!request.complete) fail(new ClientGone())
    })
  })
}

/** The client went away before its request was whole. Nobody is left to answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'

  constructor() {
    super('the connection ended inside a request')
  }
}
