import type { IncomingMessage, ServerResponse } from 'node:http'

import type { Workbench } from '../workbench.ts'
import { Body } from './body.ts'
import { EventStream } from './event-stream.ts'
import { ProtocolError, errorBody } from './protocol-error.ts'

/** One request, taken apart. */
export interface Call {
  readonly bench: Workbench
  readonly body: Body
  /** The variable part of the path, decoded; empty when it has none. */
  readonly id: string
  /** Opens the answer as a stream of events; what the route returns is not sent then. */
  readonly stream: () => EventStream
}

type Fields = Readonly<Record<string, unknown>>

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** At most one segment is variable and written `:id`. */
  readonly path: string
  /** Fields of the answer beside `success` and `timestamp`; undefined when it streamed. */
  readonly answer: (call: Call) => Fields | undefined | Promise<Fields | undefined>
}

function match(route: Route, path: string): string | undefined {
  const wanted = route.path.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return undefined
  if (!wanted.every((part, index) => part === ':id' || part === given[index])) return undefined
  return decodeURIComponent(given[wanted.indexOf(':id')] ?? '')
}

function find(routes: readonly Route[], method: string, path: string) {
  for (const route of routes.filter((candidate) => candidate.method === method)) {
    const id = match(route, path)
    if (id !== undefined) return { route, id }
  }
  throw new ProtocolError('UNKNOWN_ERROR', `this server does not know ${method} ${path}`)
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** Answers one request; whatever goes wrong becomes an error of the protocol. */
export async function answer(
  routes: readonly Route[],
  bench: Workbench,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { pathname } = new URL(request.url ?? '/', 'http://sandbox')
    const { route, id } = find(routes, request.method ?? '', pathname)
    const body = await Body.read(request)
    const fields = await route.answer({ bench, body, id, stream: () => new EventStream(response) })
    if (fields !== undefined)
      send(response, 200, { success: true, timestamp: new Date().toISOString(), ...fields })
  } catch (error) {
    if (response.headersSent) response.end()
    else {
      const { status, body } = errorBody(error)
      send(response, status, body)
    }
  }
}
