import type { IncomingMessage } from 'node:http'

/** First value of a header; `name` in lower case. */
export function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}
