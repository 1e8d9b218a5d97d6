import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { attr } from '@sandglass/schemas/semconv'
import type { TestEmbedded } from '@sandglass/embedded/testing'
import {
  endCollector,
  livingWorkers,
  postUntilAcked,
  randomSpans,
  spawnCollector,
  type SpawnedCollector,
} from '../testing/spawned-collector.ts'
import { clickhouseOf, poll, selectNumber, startTestDatabase } from '../testing/test-collector.ts'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'

let database: TestEmbedded
let directory: string
const running: SpawnedCollector[] = []

beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.stop())
beforeEach(async () => {
  directory = await makeTestDirectory()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((collector) => endCollector(collector)))
  await removeTestDirectory(directory)
})

interface Started extends SpawnedCollector {
  readonly url: string
}

async function start(workers: number, url = database.writeUrl, overrides: object = {}): Promise<Started> {
  const clickhouse = { ...clickhouseOf(database), url }
  const dataDir = join(directory, 'data')
  const config = { dataDir, workers, stopMsMax: 10_000, clickhouse, ...overrides }
  const collector = await spawnCollector(directory, config)
  running.push(collector)
  return { ...collector, url: await collector.ready }
}

const bodyOf = (name: string): Buffer => randomSpans(name, 4)

const stored = (name: string): Promise<number> =>
  selectNumber(database.readClient, `SELECT count() FROM otel_traces WHERE SpanName = '${name}'`)

test('workers share one port, and a request that comes again through another worker is stored once', async () => {
  const collector = await start(2)
  const { url } = collector
  const body = bodyOf('shared')
  for (let i = 0; i < 6; i += 1) expect(await postUntilAcked(url, body)).toBe(200)
  const metrics = await (await fetch(`${url}/metrics`)).text()
  expect(metrics).toContain('worker="0"')
  expect(metrics).toContain('worker="1"')
  expect(metrics).toMatch(/sandglass_collector_resends_total\{[^}]*\} [1-9]/)
  expect(await endCollector(collector)).toBe(0)
  expect(await stored('shared')).toBe(4)
})

test('every process sends the metrics of its own, and says which it is', async () => {
  const receiver = await start(1)
  const own = directory
  directory = join(own, 'speaker')
  await mkdir(directory)
  const ownMetrics = { url: `${receiver.url}/v1/metrics`, intervalMs: 200 }
  const collector = await start(2, database.writeUrl, { ownMetrics })
  directory = own
  const processes = (): Promise<number> =>
    selectNumber(
      database.readClient,
      `SELECT uniqExact(splitByChar('/', ResourceAttributes['${attr.serviceInstanceId}'])[2])
       FROM otel_metrics_gauge WHERE ServiceName = 'sandglass-collector'`,
    )
  expect(await poll(processes, (count) => count >= 3)).toBe(3)
  expect(await endCollector(collector)).toBe(0)
  expect(await endCollector(receiver)).toBe(0)
})

test('a killed worker is replaced; what it acknowledged is stored once and still recognised', async () => {
  const collector = await start(2)
  const { url, workerPids } = collector
  const bodies = Array.from({ length: 12 }, () => bodyOf('survives'))
  for (const body of bodies) expect(await postUntilAcked(url, body)).toBe(200)
  const [first] = workerPids
  if (first !== undefined) process.kill(first, 'SIGKILL')
  for (const body of bodies) expect(await postUntilAcked(url, body)).toBe(200)
  expect(
    await poll(
      async () => workerPids.length,
      (count) => count === 3,
    ),
  ).toBe(3)
  expect(await endCollector(collector)).toBe(0)
  expect(await stored('survives')).toBe(48)
})

test('a killed primary takes its workers with it, and the next start goes on where they ended', async () => {
  const collector = await start(2)
  const { url } = collector
  const body = bodyOf('orphan')
  expect(await postUntilAcked(url, body)).toBe(200)
  await endCollector(collector, 'SIGKILL')
  const again = await start(2)
  expect(await livingWorkers(collector)).toBe(0)
  expect(await postUntilAcked(again.url, body)).toBe(200)
  expect(await endCollector(again)).toBe(0)
  expect(await stored('orphan')).toBe(4)
})

test('logs of workers that are configured no longer are shipped by those that are left', async () => {
  const away = await start(3, 'http://127.0.0.1:9')
  const bodies = Array.from({ length: 12 }, () => bodyOf('adopted'))
  for (const body of bodies) expect(await postUntilAcked(away.url, body)).toBe(200)
  await endCollector(away, 'SIGKILL')
  const collector = await start(1)
  expect(await postUntilAcked(collector.url, bodies[0] ?? Buffer.alloc(0))).toBe(200)
  expect(await endCollector(collector)).toBe(0)
  expect(await stored('adopted')).toBe(48)
})

test('a port that another collector has is refused, although workers share theirs', async () => {
  const collector = await start(2)
  const other = await makeTestDirectory()
  const listen = { port: Number(new URL(collector.url).port) }
  const second = await spawnCollector(other, { dataDir: other, workers: 2, listen })
  running.push(second)
  await expect(second.ready).rejects.toThrow('ended with 1')
  const said = async (): Promise<string> => JSON.stringify(second.lines)
  expect(await poll(said, (text) => text.includes('EADDRINUSE'))).toContain('EADDRINUSE')
  await removeTestDirectory(other)
  expect(await endCollector(collector)).toBe(0)
})
