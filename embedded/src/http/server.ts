import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { fromEngine } from '../errors/clickhouse-error.ts'
import { sendError } from './answer.ts'
import { answerQuery, type QueryContext } from './query.ts'

/** One port of the interface. */
export interface Port extends QueryContext {
  /** What every answer says of the engine. */
  readonly about: { readonly version: string; readonly timezone: string }
  /** @throws ClickHouseError when the request may not use this port. */
  authenticate(request: IncomingMessage, url: URL): void
}

/** The server's own limit for a URL; settings and parameters travel in it. */
const HEADER_BYTES_MAX = 1024 * 1024
/** Clients drop idle connections a little earlier than this. */
const KEEP_ALIVE_MS = 10_000

/** A ClickHouse HTTP interface; call `listen` on it. */
export function createHttpServer(port: Port): Server {
  const options = { maxHeaderSize: HEADER_BYTES_MAX, keepAliveTimeout: KEEP_ALIVE_MS }
  return createServer(options, (request, response) => void route(port, request, response))
}

async function route(port: Port, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('X-ClickHouse-Server-Display-Name', 'sandglass')
  response.setHeader('X-ClickHouse-Timezone', port.about.timezone)
  try {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (url.pathname === '/ping') return plain(response, 200, 'Ok.\n')
    if (url.pathname !== '/')
      return plain(response, 404, `There is no ${url.pathname}; queries go to /, health is /ping.\n`)
    if (request.method === 'GET' && url.search === '') return plain(response, 200, 'Ok.\n')
    port.authenticate(request, url)
    await answerQuery(port, request, response, url)
  } catch (error) {
    if (!request.complete) closeAfterwards(request, response)
    sendError(response, fromEngine(error), port.about.version)
  }
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=UTF-8' }).end(text)
}

/** The rest of a refused body is not read: the connection ends with the answer. */
function closeAfterwards(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Connection', 'close')
  response.once('finish', () => request.destroy())
}
