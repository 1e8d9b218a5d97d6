/** Reads request bodies into buffers that are used again, so that a sink spends its time on the socket and not on memory. */
import type { IncomingMessage } from 'node:http'

const FIRST_BYTES = 8 * 1024 * 1024

const spare: Buffer[] = []

/** The whole body for `use`, valid only while it runs. */
export async function withBody<T>(
  request: IncomingMessage,
  use: (body: Buffer) => T | Promise<T>,
): Promise<T> {
  let buffer = spare.pop() ?? Buffer.allocUnsafeSlow(FIRST_BYTES)
  let length = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      if (length + chunk.length > buffer.length) buffer = grow(buffer, length, length + chunk.length)
      length += chunk.copy(buffer, length)
    }
    return await use(buffer.subarray(0, length))
  } finally {
    spare.push(buffer)
  }
}

function grow(buffer: Buffer, length: number, needed: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(Math.max(needed, buffer.length * 2))
  buffer.copy(larger, 0, 0, length)
  return larger
}
