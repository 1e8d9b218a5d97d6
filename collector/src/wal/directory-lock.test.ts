import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startHttpSink, type HttpSink } from '../testing/http-sink.ts'
import { encodeSpans } from '../testing/otlp-bodies.ts'
import { poll, startTestCollector, testConfig } from '../testing/test-collector.ts'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'
import { lockDirectory } from './directory-lock.ts'

let directory: string
let sink: HttpSink
beforeEach(async () => {
  directory = await makeTestDirectory()
  sink = await startHttpSink()
})
afterEach(async () => {
  await sink.close()
  await removeTestDirectory(directory)
})

const oneSpan = (): Buffer =>
  encodeSpans([
    {
      traceId: randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
      name: 'one',
      startMs: Date.now(),
    },
  ])

test('a directory has one owner at a time, and the next one as soon as it is released', async () => {
  const first = await lockDirectory(directory)
  await expect(lockDirectory(directory, 0)).rejects.toThrow('in use by another collector')
  const waiting = lockDirectory(directory)
  first.release()
  const second = await waiting
  second.release()
})

test('a log stays locked while its collector stops, until the last segment is shipped', async () => {
  const collector = await startTestCollector(
    testConfig(directory, { clickhouse: { url: sink.url }, segment: { ageMsMax: 600_000 } }),
  )
  const headers = { 'content-type': 'application/x-protobuf' }
  const answer = await fetch(`${collector.url}/v1/traces`, { method: 'POST', headers, body: oneSpan() })
  expect(answer.status).toBe(200)
  sink.status = 503
  const stopping = collector.stop('test', 30_000)
  // Nothing but the stop seals this segment, so the log is closed by the time it was tried.
  const tried = async (): Promise<number> =>
    collector.lines.filter(({ event }) => event === 'insertRetried').length
  expect(await poll(tried, (count) => count > 1)).toBeGreaterThan(1)
  const log = join(directory, 'log-0')
  await expect(lockDirectory(log, 0)).rejects.toThrow('in use by another collector')
  sink.status = 200
  await stopping
  expect(sink.tokens).toHaveLength(1)
  const next = await lockDirectory(log, 0)
  next.release()
})
