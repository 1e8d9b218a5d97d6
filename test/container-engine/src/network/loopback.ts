import { once } from 'node:events'
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'

export const LOOPBACK = '127.0.0.1'

/** Listens on a free port of the loopback interface, and returns it. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, LOOPBACK)
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Joins two byte streams until either ends or fails. */
export function join(a: Duplex, b: Duplex): void {
  a.on('error', () => b.destroy())
  b.on('error', () => a.destroy())
  a.pipe(b).pipe(a)
}
