import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestEmbedded } from '@sandglass/embedded/testing'
import { nodePorts } from '../ports.ts'
import { encodeSpans } from '../testing/otlp-bodies.ts'
import {
  clickhouseOf,
  poll,
  selectNumber,
  startTestCollector,
  startTestDatabase,
  testConfig,
} from '../testing/test-collector.ts'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'
import type { BlockStore } from './store.ts'
import { watermarksAt } from './watermark.ts'

test('a tenant stands where its oldest unstored commit begins; who holds nothing stands at now', () => {
  const holdings = [
    { firstCommitAtMs: 700, tenants: ['a', 'b'] },
    { firstCommitAtMs: 500, tenants: ['b'] },
  ]
  expect([...watermarksAt(1_000, holdings, ['c', 'a'])]).toEqual([
    ['*', 1_000],
    ['c', 1_000],
    ['a', 700],
    ['b', 500],
  ])
})

let database: TestEmbedded
let directory: string
beforeAll(async () => {
  database = await startTestDatabase()
  directory = await makeTestDirectory()
})
afterAll(async () => {
  await database.stop()
  await removeTestDirectory(directory)
})

const watermark = (tenant: string): Promise<number> =>
  selectNumber(
    database.readClient,
    `SELECT toUnixTimestamp64Milli(watermark) FROM ingest_watermark WHERE tenant_id = '${tenant}'`,
  )

/** The real store behind a gate that refuses inserts of telemetry while it is shut. */
function createGate(): { open: boolean; readonly createStore: typeof nodePorts.createStore } {
  const gate = {
    open: false,
    createStore: (client: Parameters<typeof nodePorts.createStore>[0]): BlockStore => {
      const store = nodePorts.createStore(client)
      return {
        insert: async (insert) => {
          if (gate.open) return store.insert(insert)
          insert.body.destroy()
          throw Object.assign(new Error('shut'), { code: 'ECONNREFUSED' })
        },
      }
    },
  }
  return gate
}

test('the watermark stays before a commit until it is queryable, through a restart too, and then moves on', async () => {
  const gate = createGate()
  const config = testConfig(directory, {
    clickhouse: clickhouseOf(database),
    watermarkMs: 100,
    stopMsMax: 100,
  })
  const first = await startTestCollector(config, { createStore: gate.createStore })
  const ids = { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') }
  const body = encodeSpans([{ ...ids, name: 'held', startMs: Date.now() }])
  const headers = { 'content-type': 'application/x-protobuf' }
  expect((await fetch(`${first.url}/v1/traces`, { method: 'POST', headers, body })).status).toBe(200)
  const ackedAtMs = Date.now()
  const others = async (): Promise<number> => watermark('*')
  const past = (ms: number): boolean => ms > ackedAtMs + 500
  expect(past(await poll(others, past))).toBe(true)
  const held = await watermark('default')
  expect([held > 0, held <= ackedAtMs]).toEqual([true, true])

  await first.stop('restart')
  expect(await watermark('default'), 'stopped with rows in its log').toBe(held)
  const second = await startTestCollector(config, { createStore: gate.createStore })
  const restartedAtMs = Date.now()
  await poll(others, (ms) => ms > restartedAtMs)
  expect(await watermark('default')).toBe(held)

  gate.open = true
  const own = async (): Promise<number> => watermark('default')
  expect(await poll(own, (ms) => ms > restartedAtMs)).toBeGreaterThan(restartedAtMs)
  expect(await selectNumber(database.readClient, 'SELECT count() FROM otel_traces')).toBe(1)
  await second.stop('end')
  const running = `SELECT count() FROM (SELECT * FROM watermarks FINAL) WHERE state != 'stopped'`
  expect(await selectNumber(database.readClient, running), 'stopped empty: holds nobody back').toBe(0)
})
