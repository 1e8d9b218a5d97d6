import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Duplex } from 'node:stream'

import type { ContainerSpec } from '../container/spec.ts'
import type { Workload, WorkloadState } from '../container/workload.ts'
import { exitCodeOfSignal } from '../signals.ts'
import { addressOf } from './address.ts'
import { EgressProxy } from './egress-proxy.ts'
import { LOOPBACK, join, listen } from './loopback.ts'

/** Where workerd expects the sidecar's control and ingress server. */
const INGRESS_PORT = '39001/tcp'

/** Served where workerd asks for the certificate authority: this engine does not open TLS, so there is none. */
const NO_CERTIFICATE = '# The local container engine does not intercept TLS.\n'

/**
 * Stands for workerd's network sidecar: the way in to a container's ports, and the way out to workerd's egress
 * port. Containers share the host's network here: a container's port is that port of its own address, or else of the
 * host's loopback interface.
 */
export class Sidecar implements Workload {
  readonly id: string
  /** Of the containers that share this network. */
  readonly address: string
  readonly name: string
  readonly spec: ContainerSpec
  readonly pid = 0
  readonly exited: Promise<number>
  exitCode: number | undefined
  publishedPorts: Readonly<Record<string, number>> = {}
  proxyUrl: string | undefined
  readonly #exit: (code: number) => void
  readonly #ingress: Server
  readonly #egress = new EgressProxy()

  constructor(id: string, name: string, spec: ContainerSpec) {
    const { promise, resolve } = Promise.withResolvers<number>()
    this.id = id
    this.address = addressOf(id)
    this.name = name
    this.spec = spec
    this.exited = promise
    this.#exit = resolve
    this.#ingress = createServer((request, response) => void this.#answer(request, response))
    this.#ingress.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
      client.on('error', () => client.destroy())
      void connectToPort(this.address, request, client, head)
    })
  }

  get state(): WorkloadState {
    if (this.exitCode !== undefined) return 'exited'
    return this.proxyUrl === undefined ? 'created' : 'running'
  }

  async start(): Promise<void> {
    this.publishedPorts = { [INGRESS_PORT]: await listen(this.#ingress) }
    this.proxyUrl = `http://${LOOPBACK}:${await listen(this.#egress.server)}`
  }

  kill(signal: NodeJS.Signals): Promise<boolean> {
    if (this.state !== 'running') return Promise.resolve(false)
    for (const server of [this.#ingress, this.#egress.server]) {
      server.close()
      server.closeAllConnections()
    }
    this.#egress.close()
    this.exitCode = exitCodeOfSignal(signal)
    this.#exit(this.exitCode)
    return Promise.resolve(true)
  }

  async stop(): Promise<void> {
    await this.kill('SIGTERM')
  }

  async remove(): Promise<void> {
    await this.kill('SIGKILL')
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    if (request.method === 'PUT' && request.url === '/egress') this.#egress.configure(body)
    const known = request.url === '/egress' || request.url === '/ca'
    response.writeHead(known ? 200 : 404).end(request.url === '/ca' ? NO_CERTIFICATE : '')
  }
}

/** `CONNECT` with the wanted port in `X-Dst-Addr`; 400 says that nothing listens there. */
async function connectToPort(
  address: string,
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
): Promise<void> {
  const wanted = String(request.headers['x-dst-addr'] ?? request.url)
  const port = Number(wanted.slice(wanted.lastIndexOf(':') + 1))
  const target = (await dial(port, address)) ?? (await dial(port, LOOPBACK))
  if (target === undefined) {
    client.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')
    return
  }
  client.write('HTTP/1.1 200 OK\r\n\r\n')
  target.write(head)
  join(client, target)
}

/** Undefined when nothing listens there. */
function dial(port: number, host: string): Promise<Socket | undefined> {
  const { promise, resolve } = Promise.withResolvers<Socket | undefined>()
  const socket = connect(port, host)
  socket.once('connect', () => resolve(socket)).once('error', () => resolve(undefined))
  return promise
}
