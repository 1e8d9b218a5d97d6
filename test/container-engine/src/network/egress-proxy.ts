import { lookup } from 'node:dns/promises'
import { createServer, request as httpRequest } from 'node:http'
import type { IncomingMessage, OutgoingHttpHeaders, Server, ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

import { LOOPBACK, join } from './loopback.ts'

/** Stands for a host that cannot be resolved: documentation range, RFC 5737. Rules by name still match. */
const UNRESOLVED = '192.0.2.1'
const HTTP_PORT = 80
/** Content type of the record that opens a TLS connection. */
const TLS_HANDSHAKE = 0x16
/** workerd opened the tunnel and speaks HTTP in it: a Worker answers. */
const INTERCEPTED = 200
/** workerd passes the bytes on, or closes when the container has no internet. */
const PASSED_THROUGH = 202
const HOP_HEADERS = new Set([
  'proxy-connection',
  'proxy-authorization',
  'connection',
  'keep-alive',
  'te',
  'upgrade',
])

interface Tunnel {
  readonly status: number
  readonly socket: Socket
}

interface Target {
  readonly hostname: string
  readonly port: number
}

/**
 * The forward proxy of one container (`HTTP_PROXY`): asks workerd's egress port for each connection, as the network
 * sidecar does for every packet. Programs that ignore proxy variables go around it.
 */
export class EgressProxy {
  readonly server: Server
  #egressPort: number | undefined
  #internet = false
  readonly #tunnels = new Set<Socket>()

  constructor() {
    this.server = createServer((request, response) => void this.#forward(request, response))
    this.server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
      void this.#tunnel(request, client, head)
    })
  }

  /** Takes the body of `PUT /egress`. */
  configure(body: string): void {
    const { port, internet } = parseConfiguration(body)
    this.#egressPort = port ?? this.#egressPort
    this.#internet = internet ?? this.#internet
  }

  close(): void {
    for (const socket of this.#tunnels) socket.destroy()
  }

  async #forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = new URL(request.url ?? '', `http://${request.headers.host ?? ''}`)
      const port = Number(url.port || HTTP_PORT)
      const { socket } = await this.#open({ hostname: url.hostname, port }, 'X-Hostname')
      relay(request, response, url, socket)
    } catch (error) {
      response.writeHead(502).end(`no way out: ${error instanceof Error ? error.message : String(error)}\n`)
    }
  }

  /** The client's own tunnel: its first byte says whether TLS goes through it. */
  async #tunnel(request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    client.on('error', () => client.destroy())
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    client.unshift(head)
    try {
      const { hostname, port } = new URL(`tunnel://${request.url ?? ''}`)
      const tls = (await firstByte(client)) === TLS_HANDSHAKE
      const { status, socket } = await this.#open(
        { hostname, port: Number(port) },
        tls ? 'X-Tls-Sni' : 'X-Hostname',
      )
      if (tls && status !== PASSED_THROUGH) throw new Error('TLS interception is not emulated')
      join(client, socket)
    } catch {
      client.destroy()
    }
  }

  async #open({ hostname, port }: Target, hint: 'X-Hostname' | 'X-Tls-Sni'): Promise<Tunnel> {
    if (this.#egressPort === undefined) throw new Error('no egress port was configured')
    const address = await this.#resolve(hostname)
    const headers = { [hint]: hostname }
    const { promise, resolve, reject } = Promise.withResolvers<Tunnel>()
    const path = isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`
    httpRequest({ host: LOOPBACK, port: this.#egressPort, method: 'CONNECT', path, headers })
      .on('connect', (response: IncomingMessage, socket: Socket) => {
        this.#tunnels.add(socket)
        socket.on('close', () => this.#tunnels.delete(socket)).on('error', () => socket.destroy())
        resolve({ status: response.statusCode ?? INTERCEPTED, socket })
      })
      .on('error', reject)
      .end()
    return promise
  }

  /** Names are looked up only for containers that may use the internet. */
  async #resolve(hostname: string): Promise<string> {
    const bare = hostname.replaceAll(/^\[|\]$/g, '')
    if (isIP(bare) !== 0) return bare
    if (!this.#internet) return UNRESOLVED
    return lookup(bare).then(
      (found) => found.address,
      () => UNRESOLVED,
    )
  }
}

/** Waits for the first byte and leaves it to be read; undefined when none comes. */
async function firstByte(client: Duplex): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>()
  client.once('readable', () => {
    const chunk: unknown = client.read()
    if (!Buffer.isBuffer(chunk)) return resolve(undefined)
    client.unshift(chunk)
    resolve(chunk[0])
  })
  client.once('close', () => resolve(undefined))
  return promise
}

function withoutHopHeaders(headers: IncomingMessage['headers']): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_HEADERS.has(name)))
}

function relay(request: IncomingMessage, response: ServerResponse, url: URL, socket: Socket): void {
  const onward = httpRequest({
    createConnection: () => socket,
    method: request.method,
    path: `${url.pathname}${url.search}`,
    headers: { ...withoutHopHeaders(request.headers), connection: 'close' },
  })
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, withoutHopHeaders(answer.headers))
    answer.pipe(response)
  })
  onward.on('error', (error) => {
    if (!response.headersSent) response.writeHead(520)
    response.end(`refused: ${error.message}\n`)
  })
  request.pipe(onward)
}

function parseConfiguration(body: string): { port?: number; internet?: boolean } {
  const parsed: unknown = JSON.parse(body)
  if (typeof parsed !== 'object' || parsed === null) return {}
  const port = 'port' in parsed && typeof parsed.port === 'number' ? { port: parsed.port } : {}
  const internet = 'internet' in parsed ? parsed.internet : undefined
  const enabled = typeof internet === 'object' && internet !== null && 'enabled' in internet
  return enabled && typeof internet.enabled === 'boolean' ? { ...port, internet: internet.enabled } : port
}
