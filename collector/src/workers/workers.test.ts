import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { attr } from '@sandglass/schemas/semconv'
import type { TestEmbedded } from '@sandglass/embedded/testing'
import { encodeSpans } from '../testing/otlp-bodies.ts'
import { clickhouseOf, poll, selectNumber, startTestDatabase } from '../testing/test-collector.ts'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'

let database: TestEmbedded
let directory: string
const running = new Set<ChildProcess>()

beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.stop())
beforeEach(async () => {
  directory = await makeTestDirectory()
})
afterEach(async () => {
  await Promise.all([...running].map((child) => stop(child)))
  await removeTestDirectory(directory)
})

interface Started {
  readonly child: ChildProcess
  readonly url: string
  /** Process ids of the workers, newest last. */
  readonly workerPids: number[]
}

async function start(workers: number, url = database.writeUrl, overrides: object = {}): Promise<Started> {
  const config = join(directory, 'collector.json')
  const clickhouse = { ...clickhouseOf(database), url }
  const dataDir = join(directory, 'data')
  await writeFile(
    config,
    JSON.stringify({ dataDir, workers, listen: { port: 0 }, stopMsMax: 10_000, clickhouse, ...overrides }),
  )
  const main = join(import.meta.dirname, '..', 'main.ts')
  const child = spawn(process.execPath, ['--conditions=@sandglass/source', main, '--config', config])
  running.add(child)
  const workerPids: number[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    const { event, pid } = JSON.parse(line) as { event: string; pid: number }
    if (event === 'startedWorker') workerPids.push(pid)
  })
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return { child, url: (JSON.parse(line) as { url: string }).url, workerPids }
}

async function stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
  running.delete(child)
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
  return child.exitCode
}

const bodyOf = (name: string, spans = 4): Buffer =>
  encodeSpans(
    Array.from({ length: spans }, () => ({
      traceId: randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
      name,
      startMs: Date.now(),
    })),
  )

const ANSWER_MS_MAX = 5_000

/** A connection of its own each time, so that any worker may get it. 0: no answer. */
async function post(url: string, body: Buffer): Promise<number> {
  const headers = { 'content-type': 'application/x-protobuf', connection: 'close' }
  const signal = AbortSignal.timeout(ANSWER_MS_MAX)
  const response = await fetch(`${url}/v1/traces`, { method: 'POST', headers, body, signal }).catch(
    () => undefined,
  )
  return response?.status ?? 0
}

const postUntilAcked = (url: string, body: Buffer): Promise<number> =>
  poll(
    () => post(url, body),
    (status) => status === 200,
  )

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const stored = (name: string): Promise<number> =>
  selectNumber(database.readClient, `SELECT count() FROM otel_traces WHERE SpanName = '${name}'`)

test('workers share one port, and a request that comes again through another worker is stored once', async () => {
  const { child, url } = await start(2)
  const body = bodyOf('shared')
  for (let i = 0; i < 6; i += 1) expect(await postUntilAcked(url, body)).toBe(200)
  const metrics = await (await fetch(`${url}/metrics`)).text()
  expect(metrics).toContain('worker="0"')
  expect(metrics).toContain('worker="1"')
  expect(metrics).toMatch(/sandglass_collector_resends_total\{[^}]*\} [1-9]/)
  expect(await stop(child)).toBe(0)
  expect(await stored('shared')).toBe(4)
})

test('every process sends the metrics of its own, and says which it is', async () => {
  const receiver = await start(1)
  const own = directory
  directory = join(own, 'speaker')
  await mkdir(directory)
  const ownMetrics = { url: `${receiver.url}/v1/metrics`, intervalMs: 200 }
  const { child } = await start(2, database.writeUrl, { ownMetrics })
  directory = own
  const processes = (): Promise<number> =>
    selectNumber(
      database.readClient,
      `SELECT uniqExact(splitByChar('/', ResourceAttributes['${attr.serviceInstanceId}'])[2])
       FROM otel_metrics_gauge WHERE ServiceName = 'sandglass-collector'`,
    )
  expect(await poll(processes, (count) => count >= 3)).toBe(3)
  expect(await stop(child)).toBe(0)
  expect(await stop(receiver.child)).toBe(0)
})

test('a killed worker is replaced; what it acknowledged is stored once and still recognised', async () => {
  const { child, url, workerPids } = await start(2)
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
  expect(await stop(child)).toBe(0)
  expect(await stored('survives')).toBe(48)
})

test('a killed primary takes its workers with it, and the next start goes on where they ended', async () => {
  const { child, url, workerPids } = await start(2)
  const body = bodyOf('orphan')
  expect(await postUntilAcked(url, body)).toBe(200)
  await stop(child, 'SIGKILL')
  const again = await start(2)
  const living = async (): Promise<number> => workerPids.filter(isAlive).length
  expect(await poll(living, (count) => count === 0)).toBe(0)
  expect(await postUntilAcked(again.url, body)).toBe(200)
  expect(await stop(again.child)).toBe(0)
  expect(await stored('orphan')).toBe(4)
})

test('logs of workers that are configured no longer are shipped by those that are left', async () => {
  const away = await start(3, 'http://127.0.0.1:9')
  const bodies = Array.from({ length: 12 }, () => bodyOf('adopted'))
  for (const body of bodies) expect(await postUntilAcked(away.url, body)).toBe(200)
  await stop(away.child, 'SIGKILL')
  const { child, url } = await start(1)
  expect(await postUntilAcked(url, bodies[0] ?? Buffer.alloc(0))).toBe(200)
  expect(await stop(child)).toBe(0)
  expect(await stored('adopted')).toBe(48)
})

test('a port that another collector has is refused, although workers share theirs', async () => {
  const { child, url } = await start(2)
  const other = await makeTestDirectory()
  const config = join(other, 'collector.json')
  const listen = { port: Number(new URL(url).port) }
  await writeFile(config, JSON.stringify({ dataDir: other, workers: 2, listen }))
  const main = join(import.meta.dirname, '..', 'main.ts')
  const second = spawn(process.execPath, ['--conditions=@sandglass/source', main, '--config', config])
  running.add(second)
  const lines: string[] = []
  createInterface({ input: second.stderr }).on('line', (line) => lines.push(line))
  const [code] = (await once(second, 'close')) as [number]
  expect([code, lines.join()]).toEqual([1, expect.stringContaining('EADDRINUSE')])
  await removeTestDirectory(other)
  expect(await stop(child)).toBe(0)
})
