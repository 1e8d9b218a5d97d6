import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestEmbedded } from '@sandglass/embedded/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { clickhouseOf, poll, selectNumber, startTestDatabase } from '../testing/test-collector.ts'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'
import { everyKind } from './testing/bodies.ts'

/** Nobody listens there: what is acknowledged stays in the log. */
const NOWHERE = 'http://127.0.0.1:9'
const KINDS = ['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary']

let database: TestEmbedded
let directory: string
const running = new Set<ChildProcess>()

beforeEach(async () => {
  database = await startTestDatabase()
  directory = await makeTestDirectory()
})
afterEach(async () => {
  for (const child of running) await kill(child)
  await database.stop()
  await removeTestDirectory(directory)
})

interface Started {
  readonly child: ChildProcess
  readonly url: string
}

async function start(url: string): Promise<Started> {
  const config = join(directory, 'collector.json')
  const clickhouse = { ...clickhouseOf(database), url }
  await writeFile(
    config,
    JSON.stringify({ dataDir: join(directory, 'data'), listen: { port: 0 }, clickhouse }),
  )
  const main = join(import.meta.dirname, '..', 'main.ts')
  const child = spawn(process.execPath, ['--conditions=@sandglass/source', main, '--config', config], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  running.add(child)
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`ended with ${String(code)}`)))
  ended.catch(() => undefined)
  const [line] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])) as [
    string,
  ]
  return { child, url: (JSON.parse(line) as { url: string }).url }
}

async function kill(child: ChildProcess): Promise<void> {
  running.delete(child)
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

const post = async (url: string, body: Buffer): Promise<number> => {
  const headers = { 'content-type': 'application/json' }
  return (await fetch(`${url}/v1/metrics`, { method: 'POST', headers, body: new Uint8Array(body) })).status
}

const stored = (): Promise<readonly number[]> =>
  Promise.all(
    KINDS.map((kind) => selectNumber(database.readClient, `SELECT count() FROM otel_metrics_${kind}`)),
  )

test('metrics acknowledged before a kill -9, and sent again after it, are stored once in the table of every kind', async () => {
  const bodies = Array.from({ length: 5 }, (_, i) => everyKind(`killed-${i}`, Date.now()))
  const away = await start(NOWHERE)
  for (const body of bodies) expect(await post(away.url, body)).toBe(200)
  await kill(away.child)
  const back = await start(database.writeUrl)
  for (const body of bodies) expect(await post(back.url, body)).toBe(200)
  expect(await post(back.url, everyKind('after', Date.now()))).toBe(200)
  const all = KINDS.map(() => bodies.length + 1)
  expect(await poll(stored, (counts) => counts.every((count) => count > bodies.length))).toEqual(all)
})
