import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFaultyDisk, type FaultyDisk } from '../testing/faulty-disk.ts'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'
import { LogBrokenError, type Commit } from './open-segment.ts'
import { recoverLog } from './recover.ts'
import { dataPath, type SealedSegment } from './segment.ts'
import { TableLog } from './table-log.ts'

let directory: string
let disk: FaultyDisk
let sealed: SealedSegment[]
let log: TableLog

beforeEach(async () => {
  directory = await makeTestDirectory()
  disk = createFaultyDisk()
  sealed = []
  let sequence = 0
  log = new TableLog({
    disk,
    directory,
    table: 'otel_logs',
    limits: { rowsMax: 10, bytesMax: 1_000 },
    nextId: async () => `00000000-0000-4000-8000-000000000000-otel_logs-${sequence++}`,
    onSealed: (segment) => sealed.push(segment),
  })
})
afterEach(() => removeTestDirectory(directory))

const commit = (text: string, rows = 1): Commit => ({
  bytes: Buffer.from(text),
  rows,
  committedAtMs: 1,
  tenants: ['t'],
  keys: [Buffer.alloc(16, text)],
})

async function recoveredKeys(): Promise<readonly string[]> {
  const keys: string[] = []
  await recoverLog(disk, directory, {
    keysFound: (found) => keys.push(...found.map((k) => String.fromCodePoint(k[0] ?? 0))),
    tailCut: () => undefined,
    blocksSpoiled: () => undefined,
    sideFileMissing: () => undefined,
  })
  return keys
}

test('segments are sealed by rows and by bytes, and hold the blocks in order', async () => {
  await Promise.all([log.append(commit('a', 6)), log.append(commit('b', 6)), log.append(commit('c'))])
  await log.append(commit('d'.repeat(2_000)))
  expect(sealed.map(({ rows, bytes }) => [rows, bytes])).toEqual([
    [12, 2],
    [2, 2_001],
  ])
  expect(await readFile(dataPath(directory, sealed[0]?.id ?? ''), 'utf8')).toBe('ab')
})

test('sealing an empty log makes no segment', async () => {
  await log.seal()
  await log.close()
  expect(sealed).toEqual([])
  expect(await disk.list(directory)).toEqual([])
})

test('a commit that the disk has no room for leaves no trace, neither now nor after a restart', async () => {
  await log.append(commit('a'))
  disk.roomBytes = 5
  await expect(log.append(commit('b'.repeat(100)))).rejects.toMatchObject({ code: 'ENOSPC' })
  disk.roomBytes = Infinity
  await log.append(commit('c'))
  await log.seal()
  expect(await readFile(dataPath(directory, sealed[0]?.id ?? ''), 'utf8')).toBe('ac')
  expect(await recoveredKeys()).toEqual(['a', 'c'])
})

test('a commit whose sync fails leaves no trace, although its bytes had been written', async () => {
  await log.append(commit('a'))
  disk.syncFails = true
  const failed = log.append(commit('b'))
  await expect(failed).rejects.toBeInstanceOf(LogBrokenError)
  disk.syncFails = false
  expect(
    await recoveredKeys(),
    'it could not be taken back durably, but what is there is consistent',
  ).toEqual(['a'])
})

test('a commit that can neither be kept nor taken back is fatal, since it might come back after a restart', async () => {
  await log.append(commit('a'))
  disk.roomBytes = 3
  disk.truncateFails = true
  await expect(log.append(commit('b'.repeat(9)))).rejects.toBeInstanceOf(LogBrokenError)
})

test('a full disk that cannot even hold a new segment refuses commits until there is room', async () => {
  disk.roomBytes = 0
  await expect(log.append(commit('a'))).rejects.toMatchObject({ code: 'ENOSPC' })
  disk.roomBytes = Infinity
  await log.append(commit('b'))
  await log.close()
  expect(sealed).toHaveLength(1)
})
