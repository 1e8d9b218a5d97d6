import { randomBytes, randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createClock } from '../clock.ts'
import { holdingsOf } from '../log-stages.ts'
import { nodePorts, type Ports } from '../ports.ts'
import { Telemetry } from '../telemetry/telemetry.ts'
import { createFaultyDisk } from '../testing/faulty-disk.ts'
import { startHttpSink, type HttpSink } from '../testing/http-sink.ts'
import { encodeEvents, encodeSpans } from '../testing/otlp-bodies.ts'
import { poll, startTestCollector, testConfig, type TestCollector } from '../testing/test-collector.ts'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'
import { nodeDisk, type Disk } from '../wal/disk.ts'
import { openWriteAheadLog, type WriteAheadLog } from '../wal/write-ahead-log.ts'
import { createShipping, type Shipping } from './shipping.ts'
import type { BlockStore } from './store.ts'

let directory: string
let sink: HttpSink
const collectors: TestCollector[] = []

beforeEach(async () => {
  directory = await makeTestDirectory()
  sink = await startHttpSink()
})
afterEach(async () => {
  for (const collector of collectors.splice(0)) await collector.stop('test', 0)
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

async function post(url: string, path: string, body: Buffer): Promise<number> {
  const headers = { 'content-type': 'application/x-protobuf' }
  return (await fetch(`${url}${path}`, { method: 'POST', headers, body })).status
}

async function start(
  segment: { readonly ageMsMax?: number } = {},
  ports: Partial<Ports> = {},
): Promise<TestCollector> {
  const config = testConfig(directory, { clickhouse: { url: sink.url }, segment })
  const collector = await startTestCollector(config, ports)
  collectors.push(collector)
  return collector
}

const stored = async (): Promise<number> => sink.tokens.length

test('while ClickHouse has no table for logs, traces are stored as ever, and logs once the table is there', async () => {
  sink.missingTables.add('otel_logs')
  const collector = await start()
  const event = encodeEvents([{ eventName: 'one', timeMs: Date.now() }])
  expect(await post(collector.url, '/v1/logs', event)).toBe(200)
  const refused = async (): Promise<boolean> =>
    collector.lines.some((line) => line['event'] === 'insertRetried')
  expect(await poll(refused, Boolean)).toBe(true)
  expect(await post(collector.url, '/v1/traces', oneSpan())).toBe(200)
  expect(await poll(stored, (count) => count === 1)).toBe(1)
  expect(sink.tokens[0]).toContain('otel_traces')
  sink.missingTables.clear()
  expect(await poll(stored, (count) => count === 2)).toBe(2)
})

test('a segment is sealed at its age although the clock of the machine was set back an hour', async () => {
  let shiftMs = 0
  const clock = createClock(() => Date.now() + shiftMs)
  const collector = await start({ ageMsMax: 800 }, { clock })
  expect(await post(collector.url, '/v1/traces', oneSpan())).toBe(200)
  shiftMs = -3_600_000
  expect(await poll(stored, (count) => count === 1)).toBe(1)
})

/** A log and its shipping, without the collector around them. */
async function openLog(disk: Disk, store: BlockStore): Promise<{ log: WriteAheadLog; shipping: Shipping }> {
  const config = testConfig(directory)
  const telemetry = new Telemetry({ clock: createClock(), log: () => undefined })
  const ports = { ...nodePorts, disk }
  const shipping = createShipping({ config, ports, telemetry, store, quarantine: directory })
  const log = await openWriteAheadLog({
    disk,
    directory,
    newId: randomUUID,
    tables: ['otel_logs'],
    limits: config.segment,
    listener: {
      keysFound: () => undefined,
      tailCut: () => undefined,
      blocksSpoiled: () => undefined,
      sideFileMissing: () => undefined,
    },
    onSealed: shipping.take,
  })
  const keys = [randomBytes(16)]
  const commit = { bytes: Buffer.from('block'), rows: 1, committedAtMs: 500, tenants: ['t'], keys }
  await log.table('otel_logs').append(commit)
  return { log, shipping }
}

test('a segment holds its watermark back without a gap: open, while it is being sealed, and until it is stored', async () => {
  const closing = Promise.withResolvers<void>()
  let closes = 0
  const slow: Disk = {
    ...nodeDisk,
    create: async (path) => {
      const file = await nodeDisk.create(path)
      const close = async (): Promise<void> => {
        closes += 1
        await closing.promise
        await file.close()
      }
      return { ...file, close }
    },
  }
  const inserting = Promise.withResolvers<void>()
  const { log, shipping } = await openLog(slow, { insert: () => inserting.promise })
  const held = (): readonly number[] => [...holdingsOf(log, shipping)].map((one) => one.firstCommitAtMs)
  expect(held(), 'open').toEqual([500])
  const sealing = log.table('otel_logs').seal()
  await poll(
    async () => closes,
    (count) => count === 2,
  )
  expect(held(), 'being sealed').toEqual([500])
  closing.resolve()
  await sealing
  expect(held(), 'sealed').toEqual([500])
  inserting.resolve()
  await poll(
    async () => held().length,
    (count) => count === 0,
  )
  expect(held(), 'stored').toEqual([])
  await shipping.shipper.stop(0)
  log.release()
})

test('a stored segment whose files cannot be removed has left the backlog, and shipping goes on', async () => {
  const disk = createFaultyDisk()
  disk.removeFails = true
  const { log, shipping } = await openLog(disk, { insert: async () => undefined })
  await log.table('otel_logs').seal()
  const settled = async (): Promise<boolean> => shipping.shipper.idle && shipping.backlog.size === 0
  expect(await poll(settled, Boolean)).toBe(true)
  expect([shipping.backlog.size, shipping.backlog.bytes]).toEqual([0, 0])
  await shipping.shipper.stop(0)
  log.release()
})
