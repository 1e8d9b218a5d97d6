import type { IncomingMessage } from 'node:http'

/** Most bytes of a refused body that are read and dropped; past it the connection is cut. */
export const DISCARD_BYTES_MAX = 16 * 1024 ** 2

/** Reads what is left of a refused body, since a client that still sends may miss the answer otherwise. */
export function discardRest(request: IncomingMessage): void {
  let bytes = 0
  request.on('error', () => {})
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > DISCARD_BYTES_MAX) request.destroy()
  })
}
