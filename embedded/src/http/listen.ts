import { once } from 'node:events'
import type { Server } from 'node:http'

/**
 * Listens and returns the port, which the system chose when 0 was asked.
 * @throws Error naming address and reason, e.g. a port in use.
 */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    const reason = taken ? 'the port is in use; stop its owner or choose another port' : String(error)
    throw new Error(`cannot listen on ${host}:${port}: ${reason}`, { cause: error })
  }
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error(`${host}:${port} has no port number`)
  return address.port
}

/** How often connections that were answered meanwhile are looked for, milliseconds. */
const IDLE_CHECK_MS = 50

/** Accepts nothing more; resolves when the last answer was sent. Clients would keep their connections open otherwise. */
export async function closeServer(server: Server): Promise<void> {
  const check = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS)
  await new Promise((resolve) => server.close(resolve))
  clearInterval(check)
}
