/**
 * An insert target that stores nothing: it reads every body to its end, counts the rows in it and answers as ClickHouse's
 * HTTP interface does. It is the same for every collector that is measured.
 *
 * With a store it relays: clickhouse-go's own protocol framing is answered here, statements and inserts go to the store.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { withBody } from './body.ts'
import { answerClickHouseGo } from './clickhouse-go.ts'
import { countRows, countRowsOfFirst } from './count-rows.ts'
import { sendToStore, type StoreAddress } from './store.ts'
import { Tallies } from './tally.ts'

export interface Sink {
  readonly url: string
  readonly tallies: Tallies
  /** Closes the port and every connection, as a ClickHouse that is gone. */
  down(): Promise<void>
  /** Listens on the same port again. */
  up(): Promise<void>
}

export interface SinkOptions {
  /** Where statements and inserts go as well; without it nowhere. */
  readonly store?: StoreAddress
}

export async function openSink(options: SinkOptions): Promise<Sink> {
  const tallies = new Tallies()
  const server = createServer((request, response) => {
    void answer(request, tallies, options).then(
      (body) => response.end(body),
      (error: unknown) => request.destroyed || refuse(response, error),
    )
  })
  const port = await listen(server, 0)
  return {
    url: `http://127.0.0.1:${port}`,
    tallies,
    down: () => close(server),
    up: async () => {
      await listen(server, port)
    },
  }
}

async function answer(
  request: IncomingMessage,
  tallies: Tallies,
  { store }: SinkOptions,
): Promise<Buffer | string> {
  const url = new URL(request.url ?? '/', 'http://sink')
  if (url.pathname === '/ping') return 'Ok.\n'
  return withBody(request, async (body) => {
    const inUrl = url.searchParams.get('query') ?? ''
    const insert = INSERT.exec(inUrl)
    if (insert === null) return answerQuery(inUrl === '' ? body.toString() : inUrl, url.searchParams, store)
    if (store !== undefined) await sendToStore(store, inUrl, body)
    const table = insert[1] ?? ''
    const token = url.searchParams.get('insert_deduplication_token') ?? undefined
    tallies.add(table, token, body.length, rowsOf(table, body, url.searchParams))
    return ''
  })
}

/** The table of an INSERT, without quotes and database. */
const INSERT = /^\s*INSERT INTO (?:[\w"`]+\.)?["`]?(\w+)/i

const isClickHouseGo = (parameters: URLSearchParams): boolean => parameters.has('client_protocol_version')

function rowsOf(table: string, body: Buffer, parameters: URLSearchParams): number {
  if (isClickHouseGo(parameters)) return countRowsOfFirst(body)
  return table.startsWith('otel_') ? countRows(body) : 0
}

/** Our collector's questions get no rows. */
async function answerQuery(
  query: string,
  parameters: URLSearchParams,
  store: StoreAddress | undefined,
): Promise<Buffer | string> {
  if (!isClickHouseGo(parameters)) return ''
  const answered = answerClickHouseGo(query)
  if (answered === undefined) throw new Error(`the sink has no answer to: ${query.slice(0, 200)}`)
  if (answered.length === 0 && store !== undefined) await sendToStore(store, query)
  return answered
}

/** The collector will only try again: whoever runs the benchmark must see why. */
function refuse(response: ServerResponse, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`sink: ${message.slice(0, MESSAGE_CHARS_MAX)}\n`)
  response.statusCode = 500
  response.end(message)
}

const MESSAGE_CHARS_MAX = 400

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
