/** Stands between the SDK and the collector and remembers what was acknowledged: the obligation the tests check. */
import { createServer, type IncomingMessage } from 'node:http'
import { TracesRequest } from '../../collector/src/otlp/testing/messages.ts'

export interface RecordingProxy {
  readonly url: string
  /** `traceId:spanId` of every span in a request that got a 200, lower-case hex. */
  readonly acknowledged: ReadonlySet<string>
  stop(): Promise<void>
}

/** Forwards to the collector of the moment; while there is none, clients get 503 and are told to come again. */
export async function startRecordingProxy(collectorUrl: () => string): Promise<RecordingProxy> {
  const acknowledged = new Set<string>()
  const server = createServer((request, response) => {
    const answerAndRemember = async (): Promise<void> => {
      const { status, contentType, body, sent } = await forward(request, collectorUrl())
      if (status === 200 && request.url === '/v1/traces') for (const id of spanIds(sent)) acknowledged.add(id)
      response.writeHead(status, { 'content-type': contentType, 'retry-after': '1' }).end(body)
    }
    void answerAndRemember()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    acknowledged,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: Buffer
  readonly sent: Buffer
}

const FORWARD_MS_MAX = 10_000

async function forward(request: IncomingMessage, collectorUrl: string): Promise<Answer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array))
  const sent = Buffer.concat(chunks)
  try {
    const response = await fetch(new URL(request.url ?? '/', collectorUrl), {
      method: request.method ?? 'POST',
      headers: { 'content-type': request.headers['content-type'] ?? 'application/x-protobuf' },
      body: sent,
      signal: AbortSignal.timeout(FORWARD_MS_MAX),
    })
    const contentType = response.headers.get('content-type') ?? 'application/x-protobuf'
    return { status: response.status, contentType, body: Buffer.from(await response.arrayBuffer()), sent }
  } catch {
    return { status: 503, contentType: 'text/plain', body: Buffer.from('the collector is down'), sent }
  }
}

interface DecodedRequest {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly {
      readonly spans: readonly { readonly traceId: Uint8Array; readonly spanId: Uint8Array }[]
    }[]
  }[]
}

function spanIds(body: Uint8Array): readonly string[] {
  const request = TracesRequest.decode(body) as unknown as DecodedRequest
  return request.resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap(({ spans }) => spans)
    .map(({ traceId, spanId }) => `${hex(traceId)}:${hex(spanId)}`)
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
