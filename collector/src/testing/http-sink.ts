/** A server in ClickHouse's place that takes every insert and keeps none. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface HttpSink {
  readonly url: string
  /** Inserts into telemetry tables, their tokens in order. */
  readonly tokens: readonly string[]
  /** Status of answers; 200 at first. */
  status: number
  /** Tables that are not there: an insert into one is answered as ClickHouse does. */
  readonly missingTables: Set<string>
  close(): Promise<void>
}

export async function startHttpSink(): Promise<HttpSink> {
  const tokens: string[] = []
  const server = createServer((request, response) => {
    const token = new URL(request.url ?? '/', 'http://sink').searchParams.get('insert_deduplication_token')
    request.resume().once('end', () => {
      const table = [...sink.missingTables].find((name) => token?.includes(name))
      if (table !== undefined) return refuseUnknown(table, response)
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
    missingTables: new Set(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return sink
}

function refuseUnknown(table: string, response: ServerResponse): void {
  response.writeHead(404, { 'x-clickhouse-exception-code': '60' })
  response.end(`Code: 60. DB::Exception: Table default.${table} does not exist. (UNKNOWN_TABLE)`)
}
