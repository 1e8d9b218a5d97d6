import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'
import { readRanges } from './segment-body.ts'
import { connectClickHouse, createBlockStore } from './store.ts'

let directory: string
let server: Server
let wholeRequests = 0
const escaped: unknown[] = []
const note = (error: unknown): unknown => escaped.push(error)

beforeEach(async () => {
  directory = await makeTestDirectory()
  server = createServer((request, response) => {
    request.resume().once('end', () => {
      wholeRequests += 1
      response.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.on('uncaughtExceptionMonitor', note)
})
afterEach(async () => {
  process.off('uncaughtExceptionMonitor', note)
  server.close()
  server.closeAllConnections()
  await removeTestDirectory(directory)
})

const INSERTS = 100

test('a segment that cannot be opened fails its insert alone: no empty one is sent, and the process goes on', async () => {
  const { port } = server.address() as AddressInfo
  const client = connectClickHouse({
    url: `http://127.0.0.1:${port}`,
    username: 'default',
    password: '',
    database: 'default',
    insertMsMax: 5_000,
    insertsMax: 2,
  })
  const store = createBlockStore(client)
  const insert = async (ranges: readonly { start: number; end: number }[]): Promise<unknown> => {
    const body = readRanges({ directory, id: 'missing' }, ranges)
    const inserting = store.insert({ table: 'otel_traces', token: 't', body, msMax: 5_000 })
    return inserting.then(
      () => 'stored',
      (error: NodeJS.ErrnoException) => error.code,
    )
  }
  const outcomes = new Set<unknown>()
  for (let i = 0; i < INSERTS; i += 1) {
    outcomes.add(await insert([{ start: 0, end: 10 }]))
    outcomes.add(
      await insert([
        { start: 0, end: 3 },
        { start: 5, end: 10 },
      ]),
    )
  }
  await client.close()
  expect([...outcomes]).toEqual(['ENOENT'])
  expect({ wholeRequests, escaped }).toEqual({ wholeRequests: 0, escaped: [] })
})
