import type { IncomingMessage } from 'node:http'

import type { Registry } from '../container/registry.ts'
import { refusal } from './answer.ts'
import type { Answer } from './answer.ts'

/** One request, taken apart. */
export interface Call {
  readonly registry: Registry
  /** The one variable part of the path, decoded; empty when the path has none. */
  readonly name: string
  readonly query: URLSearchParams
  readonly request: IncomingMessage
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** At most one segment is variable and written `:name`. */
  readonly path: string
  readonly answer: (call: Call) => Answer | Promise<Answer>
}

/** Docker clients put the API version before the path. */
const VERSION_PREFIX = /^\/v1\.\d+(?=\/)/

function match(route: Route, path: string): string | undefined {
  const [head = '', tail] = route.path.split(':name')
  if (tail === undefined) return path === route.path ? '' : undefined
  if (!path.startsWith(head) || !path.endsWith(tail)) return undefined
  const name = path.slice(head.length, path.length - tail.length)
  return name === '' || name.includes('/') ? undefined : decodeURIComponent(name)
}

/** The first route that fits answers; a request without one is a 404 that names it. */
export async function answerCall(
  routes: readonly Route[],
  registry: Registry,
  request: IncomingMessage,
): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'http://engine')
  const path = url.pathname.replace(VERSION_PREFIX, '')
  for (const route of routes.filter(({ method }) => method === request.method)) {
    const name = match(route, path)
    if (name !== undefined) return route.answer({ registry, name, query: url.searchParams, request })
  }
  return refusal(404, `the local container engine does not know ${request.method ?? ''} ${path}`)
}
