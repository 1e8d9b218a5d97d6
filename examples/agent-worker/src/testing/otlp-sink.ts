import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'

import { attr } from '@sandglass/schemas/semconv'

import { decodeEvents, decodeSpans } from './otlp-decode.ts'
import type { EventSeen, SpanSeen } from './otlp-decode.ts'

/** An OTLP/HTTP receiver that keeps what it gets. */
export interface OtlpSink {
  readonly url: string
  /** Of one task when given, else all; in the order they came. */
  spans(taskId?: string): SpanSeen[]
  events(name: string, taskId?: string): EventSeen[]
  eventCount(): number
  /** Whether these bytes were anywhere in what came. */
  holds(text: string): boolean
  stop(): Promise<void>
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const body = await buffer(request)
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
}

export async function startOtlpSink(): Promise<OtlpSink> {
  const [spans, events, bodies]: [SpanSeen[], EventSeen[], Buffer[]] = [[], [], []]
  const keep = async (request: IncomingMessage): Promise<void> => {
    const body = await bodyOf(request)
    bodies.push(body)
    if (request.url === '/v1/traces') spans.push(...decodeSpans(body))
    else events.push(...decodeEvents(body))
  }
  const server = createServer((request, response) => {
    const answer = (status: number) =>
      response.writeHead(status, { 'content-type': 'application/x-protobuf' }).end()
    keep(request).then(
      () => answer(200),
      () => answer(400),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const isOf = (seen: SpanSeen | EventSeen, taskId: string | undefined): boolean =>
    taskId === undefined || seen.attributes[attr.taskId] === taskId
  return {
    url: `http://127.0.0.1:${port}`,
    spans: (taskId) => spans.filter((span) => isOf(span, taskId)),
    events: (name, taskId) => events.filter((event) => event.name === name && isOf(event, taskId)),
    eventCount: () => events.length,
    holds: (text) => bodies.some((body) => body.includes(text)),
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
