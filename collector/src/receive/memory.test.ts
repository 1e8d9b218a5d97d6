import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startHttpSink, type HttpSink } from '../testing/http-sink.ts'
import { encodeSpans } from '../testing/otlp-bodies.ts'
import { poll, startTestCollector, testConfig, type TestCollector } from '../testing/test-collector.ts'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'

const MIB = 1024 * 1024
const INFLIGHT_BYTES_MAX = 16 * MIB

let sink: HttpSink
let directory: string
let collector: TestCollector
const sockets: Socket[] = []

beforeEach(async () => {
  sink = await startHttpSink()
  directory = await makeTestDirectory()
  const limits = { inflightBytesMax: INFLIGHT_BYTES_MAX }
  collector = await startTestCollector(testConfig(directory, { clickhouse: { url: sink.url }, limits }))
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await collector.stop('test')
  await sink.close()
  await removeTestDirectory(directory)
})

interface Connection {
  readonly socket: Socket
  readonly received: () => string
  readonly closed: () => boolean
}

function open(head: readonly string[]): Connection {
  const socket = connect(Number(new URL(collector.url).port), '127.0.0.1')
  sockets.push(socket)
  let received = ''
  let closed = false
  socket.on('data', (bytes) => (received += bytes.toString('latin1')))
  socket.on('close', () => (closed = true)).on('error', () => undefined)
  const lines = ['POST /v1/traces HTTP/1.1', 'host: x', 'content-type: application/x-protobuf', ...head]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  return { socket, received: () => received, closed: () => closed }
}

async function postSpan(): Promise<number> {
  const ids = { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') }
  const body = encodeSpans([{ ...ids, name: 'one', startMs: Date.now() }])
  const headers = { 'content-type': 'application/x-protobuf' }
  return (await fetch(`${collector.url}/v1/traces`, { method: 'POST', headers, body })).status
}

test('bodies that are only announced take no memory: others are served while they do not come', async () => {
  const announced = Array.from({ length: 3 }, () =>
    open([`content-length: ${INFLIGHT_BYTES_MAX / 2}`, 'expect: 100-continue']),
  )
  // The server has looked at a head once it asks for the body.
  for (const { received } of announced) {
    expect(
      await poll(
        async () => received(),
        (text) => text !== '',
      ),
    ).toContain('100 Continue')
  }
  expect(await postSpan()).toBe(200)
})

test('a request that is refused for memory is answered, and its connection closed: the rest is not read', async () => {
  const { socket, received, closed } = open(['transfer-encoding: chunked'])
  const chunk = Buffer.concat([
    Buffer.from(`${MIB.toString(16)}\r\n`),
    Buffer.alloc(MIB),
    Buffer.from('\r\n'),
  ])
  for (let sent = 0; sent <= INFLIGHT_BYTES_MAX; sent += MIB) socket.write(chunk)
  const answer = await poll(
    async () => received(),
    (text) => text.includes('\r\n\r\n'),
  )
  expect(answer).toMatch(/^HTTP\/1.1 503 /)
  expect(answer).toMatch(/^connection: close\r$/im)
  expect(await poll(async () => closed(), Boolean)).toBe(true)
  expect(await postSpan(), 'its memory is given back').toBe(200)
})
