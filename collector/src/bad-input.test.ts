/** Requests that no exporter should send, through the whole collector into the real engine: what is good of them is stored. */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import type { TestEmbedded } from '@sandglass/embedded/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeLogs, encodeTraces } from './otlp/testing/messages.ts'
import {
  clickhouseOf,
  poll,
  startTestCollector,
  startTestDatabase,
  testConfig,
  type TestCollector,
} from './testing/test-collector.ts'
import { makeTestDirectory, removeTestDirectory } from './testing/test-directory.ts'

const DAY_MS = 24 * 3_600_000
/** Of the configuration's default. */
const RETENTION_DAYS = 30
/** Of the thirty of the retention, without those that end while the test runs. */
const KEPT_DAYS = 28
const REQUEST_MS_MAX = 2_000

let database: TestEmbedded
let directory: string
let collector: TestCollector

beforeAll(async () => {
  database = await startTestDatabase()
  directory = await makeTestDirectory()
  const overrides = { clickhouse: clickhouseOf(database), limits: { requestMsMax: REQUEST_MS_MAX } }
  collector = await startTestCollector(testConfig(directory, overrides))
})
afterAll(async () => {
  await collector.stop('test')
  await database.stop()
  await removeTestDirectory(directory)
})

const id = (bytes: number): string => randomBytes(bytes).toString('hex')
const nano = (unixMs: number): string => `${BigInt(Math.trunc(unixMs)) * 1_000_000n}`
const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } })
const spanOf = (fields: object): object => ({
  traceId: id(16),
  spanId: id(8),
  startTimeUnixNano: nano(Date.now()),
  endTimeUnixNano: nano(Date.now()),
  ...fields,
})
const traces = (...spans: readonly object[]): object => ({ resourceSpans: [{ scopeSpans: [{ spans }] }] })

const encodings = [
  ['protobuf', 'application/x-protobuf', encodeTraces],
  ['json', 'application/json', (request: object): Uint8Array => Buffer.from(JSON.stringify(request))],
] as const

async function post(signal: string, contentType: string, body: Uint8Array): Promise<readonly number[]> {
  const headers = { 'content-type': contentType }
  const url = new URL(`/v1/${signal}`, collector.url)
  const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) })
  return [response.status, Buffer.from(await response.arrayBuffer()).length]
}

const ACCEPTED = { protobuf: [200, 0], json: [200, 2] }

const metrics = async (): Promise<string> => (await fetch(new URL('/metrics', collector.url))).text()

const rows = async (query: string): Promise<readonly unknown[]> =>
  (await database.readClient.query({ query, format: 'JSONEachRow' })).json()

const pollRows = (query: string, count = 1): Promise<readonly unknown[]> =>
  poll(
    () => rows(query),
    (found) => found.length >= count,
  )

test.each(encodings)(
  'ids of zeros in %s are no ids, and the span is stored',
  async (encoding, type, encode) => {
    const zeros = { traceId: '0'.repeat(32), spanId: '0'.repeat(16), parentSpanId: '0'.repeat(16) }
    const name = `zeros-${encoding}`
    const links = [{ traceId: zeros.traceId, spanId: zeros.spanId }]
    expect(await post('traces', type, encode(traces(spanOf({ ...zeros, name, links }))))).toEqual(
      ACCEPTED[encoding],
    )
    expect(
      await pollRows(
        `SELECT TraceId, SpanId, ParentSpanId, Links.TraceId AS links FROM otel_traces WHERE SpanName = '${name}'`,
      ),
    ).toEqual([{ TraceId: '', SpanId: '', ParentSpanId: '', links: [''] }])
  },
)

test.each(encodings)(
  'of equal names in %s the first one is read, and none is lost',
  async (encoding, type, encode) => {
    const name = `twice-${encoding}`
    const attributes = [text('k', 'first'), text('other', 'x'), text('k', 'second')]
    expect(await post('traces', type, encode(traces(spanOf({ name, attributes }))))).toEqual(
      ACCEPTED[encoding],
    )
    expect(
      await pollRows(
        `SELECT SpanAttributes['k'] AS k, mapValues(SpanAttributesRest) AS all FROM otel_traces WHERE SpanName = '${name}'`,
      ),
    ).toEqual([{ k: 'first', all: ['first', 'x', 'second'] }])
  },
)

test('of equal fields in JSON the last one counts', async () => {
  const span = JSON.stringify(spanOf({ name: 'replaced' })).replace('"name":', '"name":"before","name":')
  const body = `{"resourceSpans":[{"scopeSpans":[{"spans":[${span}]}]}]}`
  expect(await post('traces', 'application/json', Buffer.from(body))).toEqual(ACCEPTED.json)
  expect(await pollRows(`SELECT SpanName FROM otel_traces WHERE SpanName IN ('before', 'replaced')`)).toEqual(
    [{ SpanName: 'replaced' }],
  )
})

test.each(encodings)(
  'a clock that is far off in %s is put right, and disturbs nobody',
  async (encoding, type, encode) => {
    const name = `clock-${encoding}`
    const spans = [0n, 1n, 2n ** 63n - 1n, 2n ** 64n - 1n].map((at, i) =>
      spanOf({ name, startTimeUnixNano: `${at}`, endTimeUnixNano: `${at}`, attributes: [text('n', `${i}`)] }),
    )
    expect(await post('traces', type, encode(traces(...spans)))).toEqual(ACCEPTED[encoding])
    const found = await pollRows(
      `SELECT SpanAttributesRest['n'] AS n, toInt32(round(dateDiff('second', Timestamp, now64(3)) / 86400)) AS daysAgo, Duration
     FROM otel_traces WHERE SpanName = '${name}' ORDER BY n`,
      spans.length,
    )
    // The second one is kept for a day: what was acknowledged does not vanish with the next merge.
    const daysAgo = [0, RETENTION_DAYS - 1, 0, 0]
    expect(found).toEqual(daysAgo.map((days, n) => ({ n: `${n}`, daysAgo: days, Duration: 0 })))
  },
)

test('of ten thousand days in one request those within the retention are stored, and the rest holds up nothing', async () => {
  const logRecords = Array.from({ length: 10_000 }, (_, day) => ({
    timeUnixNano: nano(Date.now() - day * DAY_MS),
    body: { stringValue: 'days' },
  }))
  const body = encodeLogs({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })
  expect(await post('logs', 'application/x-protobuf', body)).toEqual(ACCEPTED.protobuf)
  const query = `SELECT Timestamp FROM otel_logs WHERE Body = 'days' AND Timestamp > now() - INTERVAL ${KEPT_DAYS} DAY`
  expect(await pollRows(query, KEPT_DAYS)).toHaveLength(KEPT_DAYS)
  const held = async (): Promise<boolean> =>
    (await metrics()).includes('sandglass_collector_log_segments{state="sealed"} 0\n')
  expect(await poll(held, (drained) => drained)).toBe(true)
  expect(
    collector.lines.filter(({ event }) => event === 'insertRetried' || event === 'rowsQuarantined'),
  ).toEqual([])
})

function open(): Socket {
  const { hostname, port } = new URL(collector.url)
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
  return socket.setEncoding('utf8').on('error', () => undefined)
}

/** Everything the collector says until it ends the connection. */
const answerOf = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    let said = ''
    socket.on('data', (chunk: string) => (said += chunk)).on('close', () => resolve(said))
    socket.on('end', () => socket.end())
  })

const head = (bytes: number): string =>
  `POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${bytes}\r\n\r\n`

test('a client that closes its half of the connection behind the request is answered, and has it stored once', async () => {
  const body = encodeTraces(traces(spanOf({ name: 'half-closed' })))
  const socket = open()
  socket.write(head(body.length))
  socket.end(body)
  expect(await answerOf(socket)).toMatch(/^HTTP\/1.1 200 /)
  const sendAgain = (): Promise<readonly number[]> => post('traces', 'application/x-protobuf', body)
  expect(await poll(sendAgain, ([status]) => status === 200)).toEqual(ACCEPTED.protobuf)
  expect(await pollRows(`SELECT SpanName FROM otel_traces WHERE SpanName = 'half-closed'`)).toHaveLength(1)
})

test('a client that closes its half inside of a request holds no memory, and nothing of it is stored', async () => {
  const body = encodeTraces(traces(spanOf({ name: 'half-sent' })))
  const socket = open()
  socket.write(head(body.length + 1_000_000))
  socket.end(body)
  expect(await answerOf(socket)).not.toMatch(/^HTTP\/1.1 200 /)
  const inflight = async (): Promise<string> =>
    /^sandglass_collector_inflight_bytes (\d+)$/m.exec(await metrics())?.[1] ?? ''
  expect(await poll(inflight, (bytes) => bytes === '0')).toBe('0')
  expect(await rows(`SELECT 1 FROM otel_traces WHERE SpanName = 'half-sent'`)).toEqual([])
})
