import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { attr, event } from '@sandglass/schemas/semconv'
import type { TestEmbedded } from '@sandglass/embedded/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { SandboxRow } from '../enrich/sandbox-registry.ts'
import { encodeEvents, encodeSpans } from '../testing/otlp-bodies.ts'
import {
  clickhouseOf,
  poll,
  startTestCollector,
  startTestDatabase,
  testConfig,
  type TestCollector,
} from '../testing/test-collector.ts'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'
import { readSandboxes } from './refresh-sandboxes.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const nowMs = Date.now()

let database: TestEmbedded
let directory: string
const running: TestCollector[] = []

beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.stop())
beforeEach(async () => {
  directory = await makeTestDirectory()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((collector) => collector.stop('test')))
  await removeTestDirectory(directory)
})

async function start(name: string): Promise<TestCollector> {
  const overrides = { clickhouse: clickhouseOf(database), sandboxRefreshMs: 100 }
  const collector = await startTestCollector(testConfig(join(directory, name), overrides))
  running.push(collector)
  return collector
}

async function post({ url }: TestCollector, signal: 'traces' | 'logs', body: Buffer): Promise<void> {
  const headers = { 'content-type': 'application/x-protobuf' }
  const response = await fetch(`${url}/v1/${signal}`, { method: 'POST', headers, body: new Uint8Array(body) })
  expect(response.status).toBe(200)
}

const started = (sandboxId: string, timeMs: number): Buffer =>
  encodeEvents([
    {
      eventName: event.taskStarted,
      timeMs,
      attributes: {
        [attr.sandboxId]: sandboxId,
        [attr.teamId]: 'payments',
        [attr.userId]: 'u_1',
        [attr.taskId]: 'task_1',
        [attr.taskClass]: 'code_fix',
        [attr.tier]: 'B',
        [attr.instanceType]: 'lite',
      },
    },
  ])

/** Something happened in the sandbox, and nothing is said of whose it is. */
const touched = (sandboxId: string, timeMs: number): Buffer =>
  encodeEvents([{ eventName: event.fileMutated, timeMs, attributes: { [attr.sandboxId]: sandboxId } }])

const rows = async (query: string): Promise<readonly unknown[]> =>
  (await database.readClient.query({ query, format: 'JSONEachRow' })).json()

async function known(sinceMs: number): Promise<readonly SandboxRow[]> {
  const found: SandboxRow[] = []
  const refresh = (rows: Iterable<SandboxRow>): void => void found.push(...rows)
  await readSandboxes(database.readClient, { refresh }, sinceMs)
  return found
}

test('a span with a sandbox id only gets team and tier in a collector that never saw the start of the sandbox', async () => {
  const [first, second] = [await start('first'), await start('second')]
  await post(first, 'logs', started('elsewhere', nowMs))
  const completed = (name: string): Promise<readonly unknown[]> =>
    rows(
      `SELECT TeamId, UserId, TaskId, TaskClass, TrustTier FROM otel_traces WHERE SpanName = '${name}' AND SandboxId = 'elsewhere'`,
    )
  const sendEgress = async (): Promise<readonly unknown[]> => {
    const name = `egress-${randomBytes(4).toString('hex')}`
    const ids = { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') }
    const attributes = { [attr.sandboxId]: 'elsewhere' }
    await post(second, 'traces', encodeSpans([{ ...ids, name, startMs: Date.now(), attributes }]))
    return poll(
      () => completed(name),
      (found) => found.length > 0,
    )
  }
  const whose = { TeamId: 'payments', UserId: 'u_1', TaskId: 'task_1', TaskClass: 'code_fix', TrustTier: 'B' }
  expect(await poll(sendEgress, ([found]) => JSON.stringify(found) === JSON.stringify(whose))).toEqual([
    whose,
  ])
})

test('whose a sandbox is may have been said weeks before something happens in it', async () => {
  const collector = await start('first')
  await post(collector, 'logs', started('old', nowMs - 20 * DAY_MS))
  await post(collector, 'logs', touched('old', nowMs))
  const found = await poll(
    async () => (await known(nowMs - HOUR_MS)).filter(({ sandboxId }) => sandboxId === 'old'),
    ([row]) => row !== undefined && row.teamId !== '',
  )
  expect(found).toEqual([expect.objectContaining({ tenantId: 'default', teamId: 'payments', tier: 'B' })])
})

test('sandboxes in which nothing happened since are not read again', async () => {
  const collector = await start('first')
  await post(collector, 'logs', started('quiet', nowMs - 2 * HOUR_MS))
  await post(collector, 'logs', started('loud', nowMs))
  const idsSince = async (sinceMs: number): Promise<readonly string[]> =>
    (await known(sinceMs)).map(({ sandboxId }) => sandboxId).filter((id) => id === 'quiet' || id === 'loud')
  const both = await poll(
    () => idsSince(nowMs - 3 * HOUR_MS),
    (ids) => ids.length === 2,
  )
  expect(both, 'the newest last').toEqual(['quiet', 'loud'])
  expect(await idsSince(nowMs - HOUR_MS)).toEqual(['loud'])
})
