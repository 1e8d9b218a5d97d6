import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { EventName } from '@sandglass/schemas/semconv'
import { eventProblems } from '@sandglass/schemas/events'
import { readEvents, readSpans, type SeenEvent, type SeenSpan } from './otlp-request.ts'

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
}

export interface SeenRequest {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** A real OTLP/HTTP receiver that keeps what it acknowledged, and checks every event against the contract. */
export interface OtlpReceiver {
  readonly url: string
  readonly requests: readonly SeenRequest[]
  readonly spans: readonly SeenSpan[]
  readonly events: readonly SeenEvent[]
  /** What is wrong with the events, measured against the contract. */
  problems(): readonly string[]
  eventsNamed(name: EventName): readonly SeenEvent[]
  /** The answer to a request; 200 by default. */
  answerWith(answer: (request: SeenRequest, index: number) => Answer): void
  stop(): Promise<void>
}

const OK: Answer = { status: 200 }

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const requests: SeenRequest[] = []
  const spans: SeenSpan[] = []
  const events: SeenEvent[] = []
  let decide: (request: SeenRequest, index: number) => Answer = () => OK

  async function receive(request: IncomingMessage): Promise<Answer> {
    const seen = { path: request.url ?? '', headers: request.headers, body: await buffer(request) }
    const answer = decide(seen, requests.push(seen) - 1)
    if (answer.status !== 200) return answer
    const encoding = request.headers['content-type'] === 'application/json' ? 'json' : 'protobuf'
    if (seen.path === '/v1/traces') spans.push(...readSpans(seen.body, encoding))
    else events.push(...readEvents(seen.body, encoding))
    return answer
  }

  const server = createServer((request, response) => {
    receive(request).then(
      ({ status, headers = { 'content-type': 'application/x-protobuf' }, body }) =>
        response.writeHead(status, { ...headers }).end(body),
      (error: unknown) => response.writeHead(400).end(String(error)),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    spans,
    events,
    problems: () => events.flatMap(({ name, attributes }) => eventProblems(name, attributes)),
    eventsNamed: (name) => events.filter((seen) => seen.name === name),
    answerWith: (answer) => void (decide = answer),
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
