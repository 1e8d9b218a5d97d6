import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  endCollector,
  livingWorkers,
  postUntilAcked,
  randomSpans,
  spawnCollector,
  type SpawnedCollector,
} from '../testing/spawned-collector.ts'
import { poll } from '../testing/test-collector.ts'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'
import { nodeDisk } from '../wal/disk.ts'
import { recoverLog } from '../wal/recover.ts'

let directory: string
let dataDir: string
const running: SpawnedCollector[] = []

beforeEach(async () => {
  directory = await makeTestDirectory()
  dataDir = join(directory, 'data')
})
afterEach(async () => {
  await Promise.all(running.splice(0).map(kill))
  await removeTestDirectory(directory)
})

const WORKERS = 2

/** Nothing is shipped: what was acknowledged is in the logs, and can be counted there. */
async function start(): Promise<SpawnedCollector> {
  const clickhouse = { url: 'http://127.0.0.1:9' }
  const collector = await spawnCollector(directory, { dataDir, workers: WORKERS, stopMsMax: 0, clickhouse })
  running.push(collector)
  return collector
}

async function kill(collector: SpawnedCollector): Promise<void> {
  await endCollector(collector, 'SIGKILL')
  expect(await livingWorkers(collector)).toBe(0)
}

const SPANS = 4

/** Rows in each log; the collector has ended. */
async function rowsInLogs(): Promise<readonly number[]> {
  const names = (await readdir(dataDir)).filter((name) => name.startsWith('log-'))
  const logs = names.map((name) =>
    recoverLog(nodeDisk, join(dataDir, name), {
      keysFound: () => undefined,
      tailCut: () => undefined,
      blocksSpoiled: () => undefined,
      sideFileMissing: () => undefined,
    }),
  )
  return (await Promise.all(logs)).map(({ segments }) => segments.reduce((sum, { rows }) => sum + rows, 0))
}

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)

test('a request that comes again while workers are still starting is not stored twice, whichever of them has it', async () => {
  const first = await start()
  const url = await first.ready
  const bodies = Array.from({ length: 16 }, () => randomSpans('again', SPANS))
  for (const body of bodies) expect(await postUntilAcked(url, body)).toBe(200)
  await kill(first)
  const before = await rowsInLogs()
  expect(sumOf(before)).toBe(bodies.length * SPANS)

  const second = await start()
  // The first worker listens before the next one has read its log.
  const started = await poll(
    async () => second.lines.find(({ event }) => event === 'started'),
    (line) => line !== undefined,
  )
  for (const body of bodies) expect(await postUntilAcked(String(started?.['url']), body)).toBe(200)
  await second.ready
  await kill(second)
  expect(sumOf(await rowsInLogs()), `${before.join()} before the restart`).toBe(bodies.length * SPANS)
})

const ASKING = 16

/** A request whose body has left this process; `ended` when its connection has, answered or not. */
async function postUnanswered(url: string): Promise<{ readonly ended: Promise<unknown> }> {
  const headers = { 'content-type': 'application/x-protobuf' }
  const post = request(`${url}/v1/traces`, { method: 'POST', agent: false, headers })
  const ended = new Promise((resolve) => post.once('close', resolve).on('error', () => undefined))
  post.end(randomSpans('asked', SPANS))
  await once(post, 'finish')
  return { ended }
}

test('workers that are killed with a question on its way do not take the primary down: they are replaced', async () => {
  const collector = await start()
  const url = await collector.ready
  const { child, workerPids } = collector
  const killed = [...workerPids]
  expect(killed).toHaveLength(WORKERS)
  child.kill('SIGSTOP')
  const asking = await Promise.all(Array.from({ length: ASKING }, () => postUnanswered(url)))
  // A worker that answers these has read the requests before them, and has asked the primary about them.
  const headers = { connection: 'close' }
  await Promise.all(Array.from({ length: 2 * ASKING }, () => fetch(`${url}/health`, { headers })))
  for (const pid of killed) process.kill(pid, 'SIGKILL')
  await Promise.all(asking.map(({ ended }) => ended))
  child.kill('SIGCONT')
  await poll(
    async () => workerPids.length === 2 * WORKERS || child.exitCode !== null,
    (settled) => settled,
  )
  const unreadable = collector.lines.filter(({ event }) => event === 'unreadable')
  expect([child.exitCode, workerPids.length, unreadable]).toEqual([null, 2 * WORKERS, []])
  expect(await postUntilAcked(url, randomSpans('later', SPANS))).toBe(200)
  expect(await endCollector(collector)).toBe(0)
})
