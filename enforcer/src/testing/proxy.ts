/** A TCP proxy that can be cut and joined again, in front of what a test wants out of reach. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Proxy {
  /** The target's URL through the proxy. */
  readonly url: string
  /** Ends every connection and takes no more. */
  cut(): void
  join(): void
  close(): Promise<void>
}

export async function startProxy(target: string): Promise<Proxy> {
  const { hostname, port, pathname } = new URL(target)
  const sockets = new Set<Socket>()
  let joined = true
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
  }
  const server = createServer((client) => {
    keep(client)
    if (joined) {
      const upstream = connect(Number(port), hostname)
      keep(upstream)
      client.pipe(upstream).pipe(client)
    } else client.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    cut: () => {
      joined = false
      endAll()
    },
    join: () => void (joined = true),
    close: async () => {
      endAll()
      server.close()
      await once(server, 'close')
    },
  }
}
