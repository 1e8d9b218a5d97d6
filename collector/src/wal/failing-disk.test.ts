import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFaultyDisk, type FaultyDisk } from '../testing/faulty-disk.ts'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'
import type { Commit } from './open-segment.ts'
import { recoverLog, type RecoveryListener } from './recover.ts'
import { dataPath, sidePath, type SealedSegment } from './segment.ts'
import { StoredSideFiles } from './stored-side-files.ts'
import { openWriteAheadLog, type WriteAheadLog } from './write-ahead-log.ts'

let root: string
let directory: string
let disk: FaultyDisk
let sealed: SealedSegment[]
let synced: string[]
let release: () => void = () => undefined

beforeEach(async () => {
  root = await makeTestDirectory()
  directory = join(root, 'log-0')
  disk = createFaultyDisk()
  sealed = []
  synced = []
  disk.onSync = (path) => synced.push(path)
})
afterEach(async () => {
  release()
  await removeTestDirectory(root)
})

const QUIET: RecoveryListener = {
  keysFound: () => undefined,
  tailCut: () => undefined,
  blocksSpoiled: () => undefined,
  sideFileMissing: () => undefined,
}

async function open(rowsMax = 100): Promise<WriteAheadLog> {
  const log = await openWriteAheadLog({
    disk,
    directory,
    newId: randomUUID,
    tables: ['otel_logs'],
    limits: { rowsMax, bytesMax: 1_000 },
    listener: QUIET,
    onSealed: (segment) => sealed.push(segment),
  })
  release = () => {
    log.release()
    release = () => undefined
  }
  return log
}

const COMMIT: Commit = {
  bytes: Buffer.from('block'),
  rows: 1,
  committedAtMs: 1,
  tenants: ['t'],
  keys: [Buffer.alloc(16, 1)],
}

/** A log with one sealed segment of one row. */
async function writeSegment(): Promise<SealedSegment> {
  const log = await open()
  await log.table('otel_logs').append(COMMIT)
  await log.close()
  release()
  const [segment] = sealed
  if (segment === undefined) throw new Error('nothing was sealed')
  return segment
}

/** As a kill leaves a segment: without its seal. */
async function tearSeal({ id }: SealedSegment): Promise<void> {
  const side = await readFile(sidePath(directory, id))
  await writeFile(sidePath(directory, id), side.subarray(0, side.length - SEAL_BYTES))
}
const SEAL_BYTES = 9

test('a file that fails to close after its commit was synced refuses nobody, and its segment is shipped', async () => {
  disk.closeFails = true
  const log = await open(1)
  await expect(log.table('otel_logs').append(COMMIT)).resolves.toBeUndefined()
  expect(sealed.map(({ rows }) => rows)).toEqual([1])
  await expect(log.table('otel_logs').append(COMMIT)).resolves.toBeUndefined()
  expect(sealed.map(({ rows }) => rows)).toEqual([1, 1])
})

test('before a new log takes its first commit, the entry of its directory is synced', async () => {
  await open()
  expect(synced).toContain(root)
})

test('recovery syncs the data of a segment that was not sealed before its record calls the commits durable', async () => {
  const segment = await writeSegment()
  await tearSeal(segment)
  synced.length = 0
  const { segments } = await recoverLog(disk, directory, QUIET)
  expect(segments.map(({ rows }) => rows)).toEqual([1])
  expect(synced).toEqual([dataPath(directory, segment.id), sidePath(directory, segment.id)])
})

test('on a full disk a log is opened, so that it can be shipped; commits are refused until there is room', async () => {
  await writeSegment()
  disk.roomBytes = 0
  const log = await open()
  expect(log.recovered.segments.map(({ rows }) => rows)).toEqual([1])
  await expect(log.table('otel_logs').append(COMMIT)).rejects.toMatchObject({ code: 'ENOSPC' })
  disk.roomBytes = Infinity
  await log.table('otel_logs').append(COMMIT)
  await log.close()
  expect(new Set(sealed.map(({ id }) => id)).size).toBe(2)
})

test('on a full disk a segment that was not sealed is recovered all the same, and again at the next start', async () => {
  await tearSeal(await writeSegment())
  disk.roomBytes = 0
  for (const start of ['first', 'second']) {
    const { segments } = await recoverLog(disk, directory, QUIET)
    expect(
      segments.map(({ rows }) => rows),
      start,
    ).toEqual([1])
  }
})

test('files of a stored segment that cannot be removed are no failure, and go with a later sweep', async () => {
  const segment = await writeSegment()
  const windowMs = 1_000
  const files = new StoredSideFiles(disk, windowMs)
  disk.removeFails = true
  await expect(files.release(segment, 0)).resolves.toBeUndefined()
  expect(existsSync(dataPath(directory, segment.id))).toBe(true)
  await expect(files.sweep(windowMs + 1), 'the sweep says so').rejects.toMatchObject({ code: 'EIO' })
  disk.removeFails = false
  await files.sweep(windowMs)
  expect(existsSync(sidePath(directory, segment.id)), 'its requests may still come again').toBe(true)
  await files.sweep(windowMs + 1)
  expect((await disk.list(directory)).map(({ name }) => name).sort()).toEqual(['lock', 'log.json'])
})
