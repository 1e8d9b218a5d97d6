/** A server in ClickHouse's place that takes every insert and keeps none. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface HttpSink {
  readonly url: string
  /** Inserts into telemetry tables, their tokens in order. */
  readonly tokens: readonly string[]
  /** Status of answers; 200 at first. */
  status: number
  close(): Promise<void>
}

export async function startHttpSink(): Promise<HttpSink> {
  const tokens: string[] = []
  const server = createServer((request, response) => {
    const token = new URL(request.url ?? '/', 'http://sink').searchParams.get('insert_deduplication_token')
    request.resume().once('end', () => {
      if (token !== null && sink.status === 200) tokens.push(token)
      response.writeHead(sink.status).end()
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const sink: HttpSink = {
    url: `http://127.0.0.1:${port}`,
    tokens,
    status: 200,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return sink
}
