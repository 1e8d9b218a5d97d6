/** The HTTP server: node:http without a framework, since every request passes here. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { CollectorConfig } from '@sandglass/schemas/config/collector'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { readCertificate, watchCertificate } from './certificate.ts'

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void

export interface ReceiveServer {
  readonly url: string
  /** Accepts no connection any more, lets requests under way end within `msMax`, and then ends every connection. */
  close(msMax: number): Promise<void>
}

/** Time a connection may idle between requests, ms; longer than clients' own limits, so that they close first. */
const KEEP_ALIVE_MS = 75_000

/** Time for the head of a request, ms. */
const HEADERS_MS_MAX = 10_000

/** How often slow requests are looked for, ms. */
const TIMEOUT_CHECK_MS = 1_000

/** Size of all headers of a request, bytes. */
const HEADER_BYTES_MAX = 16 * 1024

/** A client that closes its half of the connection behind its request is answered; Node would hang up on it. */
const ANSWER_HALF_CLOSED = { httpAllowHalfOpen: true }

type ServerConfig = Pick<CollectorConfig, 'listen' | 'limits' | 'workers'>

/** Rejects when the address cannot be listened on, with the address and what to do. */
export async function listen(
  config: ServerConfig,
  onRequest: RequestListener,
  telemetry?: Telemetry,
): Promise<ReceiveServer> {
  const { host, port, tls } = config.listen
  const server = createHttpServer(config, onRequest)
  Object.assign(server, ANSWER_HALF_CLOSED)
  server.maxConnections = config.limits.connectionsMax
  if (config.workers > 1) server.maxRequestsPerSocket = SHARED_REQUESTS_MAX
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(host, port, error)))
    server.listen({ host, port, ...sharing(config.workers) }, resolve)
  })
  const watching =
    tls !== undefined && telemetry !== undefined && server instanceof TlsServer
      ? watchCertificate(tls, (certificate) => server.setSecureContext(certificate), telemetry)
      : undefined
  return {
    url: urlOf(server.address(), host, tls !== undefined),
    close: async (msMax) => {
      await watching?.stop()
      await closeServer(server, msMax)
    },
  }
}

/**
 * Each worker has a socket of its own on the port and the system spreads connections over them. The round robin of
 * node:cluster would hand connections to a worker that has just died and never answer nor close them (8 of 100 in an
 * experiment); this way they are reset, and clients try again. Elsewhere than on these systems workers share one socket.
 */
const sharing = (workers: number): { exclusive?: boolean; reusePort?: boolean } =>
  workers > 1 && REUSES_PORTS.has(process.platform) ? { exclusive: true, reusePort: true } : {}

const REUSES_PORTS: ReadonlySet<string> = new Set(['linux', 'freebsd'])

/** Requests after which a connection to one of several workers is closed, so that connections spread anew. */
const SHARED_REQUESTS_MAX = 1_000

function createHttpServer({ listen, limits }: ServerConfig, onRequest: RequestListener): Server {
  const options = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: Math.min(HEADERS_MS_MAX, limits.requestMsMax),
    requestTimeout: limits.requestMsMax,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
  }
  const answer = (request: IncomingMessage, response: ServerResponse): void =>
    void onRequest(request, response)
  if (listen.tls === undefined) return createServer(options, answer)
  return createTlsServer({ ...options, ...readCertificate(listen.tls) }, answer)
}

function cannotListen(host: string, port: number, cause: NodeJS.ErrnoException): Error {
  const advice =
    cause.code === 'EADDRINUSE' ? 'another process has the port: stop it, or set listen.port' : 'check listen'
  return new Error(`cannot listen on ${host}:${port} (${cause.code ?? cause.message}); ${advice}`, { cause })
}

function urlOf(address: AddressInfo | string | null, host: string, tls: boolean): string {
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  return `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Connections that fall idle after their last answer are looked for this often while closing, ms. */
const IDLE_CHECK_MS = 20

async function closeServer(server: Server, msMax: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS)
  const deadline = setTimeout(() => server.closeAllConnections(), msMax)
  await closed
  clearInterval(idle)
  clearTimeout(deadline)
}
