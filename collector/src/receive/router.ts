/** Which path does what, and how results and failures become answers. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ClientGone } from './read-body.ts'

/** Answers one request. Rejects only when the client is gone or the program is wrong. */
export type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void

export interface RouterOptions {
  readonly routes: Readonly<Record<string, Route>>
  readonly onNotFound: Route
  readonly onError: (error: unknown, path: string) => void
}

export function createRouter({ routes, onNotFound, onError }: RouterOptions): Route {
  const table = new Map(Object.entries(routes))
  return (request, response) => {
    const path = pathOf(request.url ?? '/')
    const route = table.get(path) ?? onNotFound
    void run(route, request, response).catch((error: unknown) => {
      if (!(error instanceof ClientGone) && !isAborted(request)) onError(error, path)
      if (!response.headersSent) response.writeHead(500, { connection: 'close' })
      response.end()
    })
  }
}

const run = async (route: Route, request: IncomingMessage, response: ServerResponse): Promise<void> =>
  route(request, response)

const isAborted = (request: IncomingMessage): boolean => request.destroyed && !request.complete

function pathOf(url: string): string {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}

/** Ends the request with a small answer. */
export function answer(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: Buffer | string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  response.writeHead(status, { 'content-type': contentType, 'content-length': bytes.length, ...headers })
  response.end(bytes)
}
