import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFaultyDisk } from '../testing/faulty-disk.ts'
import { startHttpSink, type HttpSink } from '../testing/http-sink.ts'
import { encodeSpans } from '../testing/otlp-bodies.ts'
import { poll, startTestCollector, testConfig, type TestCollector } from '../testing/test-collector.ts'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'

let sink: HttpSink
let directory: string
let collector: TestCollector
const disk = createFaultyDisk()

const BODY_BYTES_MAX = 200_000
const INFLIGHT_BYTES_MAX = 500_000

beforeAll(async () => {
  sink = await startHttpSink()
  directory = await makeTestDirectory()
  collector = await startTestCollector(
    testConfig(directory, {
      clickhouse: { url: sink.url },
      limits: {
        bodyBytesMax: BODY_BYTES_MAX,
        wireBytesMax: BODY_BYTES_MAX / 2,
        inflightBytesMax: INFLIGHT_BYTES_MAX,
        requestMsMax: 1_000,
      },
    }),
    { disk },
  )
})
afterAll(async () => {
  await collector.stop('test')
  await sink.close()
  await removeTestDirectory(directory)
})

const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'

const oneSpan = (attributes: Readonly<Record<string, string>> = {}): Buffer =>
  encodeSpans([
    {
      traceId: randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
      name: 'one',
      startMs: Date.now(),
      attributes,
    },
  ])

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
}

async function post(
  path: string,
  body: Buffer | string,
  headers: Readonly<Record<string, string>> = { 'content-type': PROTOBUF },
): Promise<Answer> {
  const response = await fetch(new URL(path, collector.url), { method: 'POST', headers, body })
  return {
    status: response.status,
    headers: response.headers,
    bytes: Buffer.from(await response.arrayBuffer()),
  }
}

/** code and message of a google.rpc.Status: field 1 a varint below 128, field 2 a short string. */
function decodeStatus(bytes: Buffer): { code: number; message: string } {
  expect([bytes[0], bytes[2]]).toEqual([0x08, 0x12])
  return { code: bytes[1] ?? 0, message: bytes.subarray(4).toString() }
}

test('an export is answered 200 with an empty message of its own encoding', async () => {
  const answer = await post('/v1/traces', oneSpan())
  expect(answer).toMatchObject({ status: 200, bytes: Buffer.alloc(0) })
  expect(answer.headers.get('content-type')).toBe(PROTOBUF)
})

test('an empty request is fine, whatever it says it is: preflights are made of it', async () => {
  for (const headers of [{ 'content-type': PROTOBUF }, { 'content-type': JSON_TYPE }, {}]) {
    expect((await post('/v1/traces', '', headers)).status).toBe(200)
    expect((await post('/v1/logs', '', headers)).status).toBe(200)
  }
})

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['zstd', zstdCompressSync],
] as const)('bodies may be compressed with %s, small and large', async (encoding, compress) => {
  for (const note of ['', randomBytes(20_000).toString('hex')]) {
    const headers = { 'content-type': PROTOBUF, 'content-encoding': encoding }
    expect((await post('/v1/traces', compress(oneSpan({ note })), headers)).status).toBe(200)
  }
})

test('errors are google.rpc.Status in the encoding of the request, and no status invites a useless retry', async () => {
  const malformed = await post('/v1/traces', Buffer.from([0xff, 0xff, 0xff]))
  expect(malformed.status).toBe(400)
  expect(malformed.headers.get('content-type')).toBe(PROTOBUF)
  expect(decodeStatus(malformed.bytes)).toMatchObject({ code: 3 })
  const json = await post('/v1/traces', '{', { 'content-type': JSON_TYPE })
  expect(json.status).toBe(400)
  expect(JSON.parse(json.bytes.toString())).toMatchObject({ code: 3 })
  expect(json.headers.get('retry-after')).toBeNull()
})

test.each([
  ['/v1/traces', { 'content-type': 'text/plain' }, 415],
  ['/v1/traces', { 'content-type': PROTOBUF, 'content-encoding': 'br' }, 415],
  ['/v1/traces', { 'content-type': PROTOBUF, 'content-encoding': 'gzip' }, 400],
  ['/v1/traceS', { 'content-type': PROTOBUF }, 404],
])('%s with %j is refused with %i and says why', async (path, headers, status) => {
  const answer = await post(path, Buffer.from('no gzip, no protobuf'), headers)
  expect(answer.status).toBe(status)
  expect(answer.bytes.length).toBeGreaterThan(10)
})

test('another method than POST is refused', async () => {
  const response = await fetch(new URL('/v1/traces', collector.url))
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
})

test('a body over the limit is refused with 413, declared or chunked, plain or a bomb', async () => {
  const large = Buffer.alloc(BODY_BYTES_MAX)
  const bomb = gzipSync(Buffer.alloc(50 * BODY_BYTES_MAX))
  const gzip = { 'content-type': PROTOBUF, 'content-encoding': 'gzip' }
  expect((await post('/v1/traces', large)).status).toBe(413)
  expect((await post('/v1/traces', bomb, gzip)).status).toBe(413)
  expect(await postChunked(large)).toBe(413)
})

/** Writes without Content-Length. */
function postChunked(body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': PROTOBUF, 'transfer-encoding': 'chunked' }
    const outgoing = request(
      new URL('/v1/traces', collector.url),
      { method: 'POST', headers },
      (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      },
    )
    outgoing.on('error', reject)
    for (let at = 0; at < body.length; at += 10_000) outgoing.write(body.subarray(at, at + 10_000))
    outgoing.end()
  })
}

test('requests that would not fit in memory together get 503 and may come again', async () => {
  const slow = Array.from({ length: 5 }, () => declare(BODY_BYTES_MAX / 2))
  const answer = await poll(
    () => post('/v1/traces', oneSpan({ note: randomBytes(20_000).toString('hex') })),
    ({ status }) => status === 503,
  )
  expect(answer.status).toBe(503)
  expect(decodeStatus(answer.bytes).code).toBe(14)
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  for (const outgoing of slow) outgoing.destroy()
  expect(
    (
      await poll(
        () => post('/v1/traces', oneSpan()),
        ({ status }) => status === 200,
      )
    ).status,
  ).toBe(200)
})

/** Announces a body and sends nothing of it. */
function declare(bytes: number): ReturnType<typeof request> {
  const headers = { 'content-type': PROTOBUF, 'content-length': bytes }
  const outgoing = request(new URL('/v1/traces', collector.url), { method: 'POST', headers })
  outgoing.on('error', () => undefined)
  outgoing.flushHeaders()
  return outgoing
}

test('a client that does not finish its request in time is cut off', async () => {
  const outgoing = declare(1_000)
  const ended = await new Promise((resolve) => {
    outgoing.once('response', (response) => resolve(response.statusCode))
    outgoing.once('error', () => resolve('cut'))
  })
  expect([408, 'cut']).toContain(ended)
})

test('a full disk answers 503 until there is room, and then the same request is accepted', async () => {
  const body = oneSpan()
  disk.roomBytes = 10
  const refused = await post('/v1/traces', body)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
  disk.roomBytes = Infinity
  expect(
    (
      await poll(
        () => post('/v1/traces', body),
        ({ status }) => status === 200,
      )
    ).status,
  ).toBe(200)
})

test('a disk that is nearly full closes the gate before anything fails, and readiness says so', async () => {
  const ready = async (): Promise<number> => (await fetch(new URL('/ready', collector.url))).status
  disk.reportedFreeBytes = 1
  expect(await poll(ready, (status) => status === 503)).toBe(503)
  expect((await post('/v1/traces', oneSpan())).status).toBe(503)
  disk.reportedFreeBytes = undefined
  expect(await poll(ready, (status) => status === 200)).toBe(200)
})

test('health and metrics answer, and refusals are counted by reason', async () => {
  expect((await fetch(new URL('/health', collector.url))).status).toBe(200)
  const text = await (await fetch(new URL('/metrics', collector.url))).text()
  for (const reason of ['malformed', 'body_too_large', 'memory_full', 'disk_full', 'bad_content_type']) {
    expect(text).toContain(`sandglass_collector_requests_refused_total{reason="${reason}"}`)
  }
  expect(text).toMatch(/sandglass_collector_rows_accepted_total\{table="otel_traces"\} [1-9]/)
})
