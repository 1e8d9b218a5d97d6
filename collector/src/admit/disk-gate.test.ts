import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createClock } from '../clock.ts'
import { Telemetry } from '../telemetry/telemetry.ts'
import { createFaultyDisk } from '../testing/faulty-disk.ts'
import { startHttpSink } from '../testing/http-sink.ts'
import { encodeSpans } from '../testing/otlp-bodies.ts'
import { poll, startTestCollector, testConfig } from '../testing/test-collector.ts'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'
import { Admission } from './admission.ts'
import { checkDisk } from './disk-gate.ts'

let directory: string
beforeEach(async () => {
  directory = await makeTestDirectory()
})
afterEach(() => removeTestDirectory(directory))

test('the gate closes at a limit and opens clearly below it, so that it does not swing', async () => {
  const disk = createFaultyDisk()
  const admission = new Admission(new Telemetry({ clock: createClock(), log: () => undefined }))
  const limits = { logBytesMax: 1_000, diskFreeBytesMin: 900 }
  const reasonsAt = async (logBytes: number, freeBytes: number): Promise<readonly string[]> => {
    disk.reportedFreeBytes = freeBytes
    await checkDisk({ admission, disk, directory, limits, share: 1, logBytes: () => logBytes })
    return admission.reasons
  }
  expect(await reasonsAt(999, 900)).toEqual([])
  expect(await reasonsAt(1_000, 900)).toEqual(['log_full'])
  expect(await reasonsAt(950, 900)).toEqual(['log_full'])
  expect(await reasonsAt(899, 900)).toEqual([])
  expect(await reasonsAt(0, 899)).toEqual(['disk_full'])
  expect(await reasonsAt(0, 950)).toEqual(['disk_full'])
  expect(await reasonsAt(0, 1_000)).toEqual([])
})

const largeBody = (): Buffer =>
  encodeSpans([
    {
      traceId: randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
      name: 'large',
      startMs: Date.now(),
      attributes: Object.fromEntries(
        Array.from({ length: 20 }, (_, i) => [`note.${i}`, `${'text '.repeat(2_000)}${Math.random()}`]),
      ),
    },
  ])

async function post(url: string): Promise<number> {
  const headers = { 'content-type': 'application/x-protobuf' }
  return (await fetch(`${url}/v1/traces`, { method: 'POST', headers, body: largeBody() })).status
}

test('a log at its limit answers 503 while ClickHouse is away, and accepts again once it was shipped', async () => {
  const sink = await startHttpSink()
  sink.status = 500
  const limits = { logBytesMax: 1_000_000 }
  const collector = await startTestCollector(testConfig(directory, { clickhouse: { url: sink.url }, limits }))
  const next = (): Promise<number> => post(collector.url)
  expect(await poll(next, (status) => status !== 200)).toBe(503)
  sink.status = 200
  expect(await poll(next, (status) => status === 200)).toBe(200)
  await collector.stop('test')
  await sink.close()
})

/** A file system of its own, where one may be made. */
function mountSmall(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', path], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test('a disk that is really full costs no acknowledged row: all are stored once there is room', async ({
  skip,
}) => {
  if (!mountSmall(directory)) skip('no file system may be mounted here')
  const sink = await startHttpSink()
  sink.status = 500
  const limits = { diskFreeBytesMin: 0 }
  const config = testConfig(directory, { clickhouse: { url: sink.url }, limits })
  const collector = await startTestCollector(config)
  try {
    let acked = 0
    let refused = 0
    for (let i = 0; i < 60; i += 1) {
      const status = await post(collector.url)
      if (status === 200) acked += 1
      else refused += 1
    }
    expect([acked > 0, refused > 0]).toEqual([true, true])
    expect(collector.lines.some(({ failure }) => failure === 'disk_full')).toBe(true)
    sink.status = 200
    expect(
      await poll(
        () => post(collector.url),
        (status) => status === 200,
      ),
    ).toBe(200)
    const stored = async (): Promise<number> => storedRows(collector.url)
    expect(await poll(stored, (rows) => rows >= acked + 1)).toBe(acked + 1)
  } finally {
    await collector.stop('test')
    await sink.close()
    execFileSync('umount', [directory])
  }
})

async function storedRows(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/rows_stored_total\{table="otel_traces"\} (\d+)/.exec(text)?.[1] ?? 0)
}
