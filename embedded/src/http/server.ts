import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { fromEngine } from '../errors/clickhouse-error.ts'
import { sendError } from './answer.ts'
import { discardRest } from './discard.ts'
import { answerQuery, type Policy, type QueryContext } from './query.ts'

/** One port of the interface. */
export interface Port extends Omit<QueryContext, 'policy'> {
  /** What every answer says of the engine. */
  readonly about: { readonly version: string; readonly timezone: string }
  /** What this request may do. @throws ClickHouseError when it may not use this port. */
  authorize(request: IncomingMessage, url: URL): Policy
}

/** The server's own limit for a URL; settings and parameters travel in it. */
const HEADER_BYTES_MAX = 1024 * 1024
/** Clients drop idle connections a little earlier than this. */
const KEEP_ALIVE_MS = 10_000
/** Connections of one port; past it the system refuses further ones. */
const CONNECTIONS_MAX = 2048

/** A ClickHouse HTTP interface; call `listen` on it. */
export function createHttpServer(port: Port): Server {
  const options = { maxHeaderSize: HEADER_BYTES_MAX, keepAliveTimeout: KEEP_ALIVE_MS }
  const server = createServer(options, (request, response) => void route(port, request, response))
  server.maxConnections = CONNECTIONS_MAX
  return server
}

async function route(port: Port, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('X-ClickHouse-Server-Display-Name', 'sandglass')
  response.setHeader('X-ClickHouse-Timezone', port.about.timezone)
  try {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const simple = withoutQuery(request.method ?? '', url)
    if (simple) return plain(response, ...simple)
    const policy = port.authorize(request, url)
    await answerQuery({ ...port, policy }, request, response, url)
  } catch (error) {
    discardRest(request)
    sendError(response, fromEngine(error), port.about.version)
  }
}

/** Status and text of what needs no engine. */
function withoutQuery(method: string, url: URL): [number, string] | undefined {
  if (method !== 'GET' && method !== 'POST') return [405, 'Send GET or POST.\n']
  if (url.pathname === '/ping') return [200, 'Ok.\n']
  if (url.pathname !== '/') return [404, `There is no ${url.pathname}; queries go to /, health is /ping.\n`]
  return method === 'GET' && url.search === '' ? [200, 'Ok.\n'] : undefined
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=UTF-8' }).end(text)
}
