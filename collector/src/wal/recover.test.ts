import { appendFile, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'
import { nodeDisk } from './disk.ts'
import { OpenSegment, type Commit } from './open-segment.ts'
import { recoverLog, type RecoveredLog } from './recover.ts'
import { dataPath, sidePath, type SealedSegment } from './segment.ts'
import { encodeCommit } from './side-file.ts'

const LOG = '00000000-0000-4000-8000-000000000000'
const ID = `${LOG}-otel_traces-7`

let directory: string
beforeEach(async () => {
  directory = await makeTestDirectory()
})
afterEach(() => removeTestDirectory(directory))

const block = (i: number): Buffer => Buffer.alloc(10 + i, 65 + i)
const key = (i: number): Buffer => Buffer.alloc(16, i + 1)

const commit = (i: number): Commit => ({
  bytes: block(i),
  rows: i + 1,
  committedAtMs: 1_000 + i,
  tenants: [`tenant-${i}`],
  keys: [key(i)],
})

async function writeCommits(count: number): Promise<OpenSegment> {
  const segment = await OpenSegment.create(nodeDisk, directory, ID, 'otel_traces')
  for (let i = 0; i < count; i += 1) await segment.append(commit(i))
  return segment
}

/** Leaves the files as a kill would: no seal. */
async function abandon(segment: OpenSegment): Promise<void> {
  await segment.seal()
  const side = await readFile(sidePath(directory, ID))
  await writeFile(sidePath(directory, ID), side.subarray(0, side.length - SEAL_BYTES))
}
const SEAL_BYTES = 9

interface Recovery extends RecoveredLog {
  readonly keys: readonly string[]
  readonly told: readonly string[]
}

async function recover(): Promise<Recovery> {
  const keys: string[] = []
  const told: string[] = []
  const log = await recoverLog(nodeDisk, directory, {
    keysFound: (found) => keys.push(...found.map((k) => Buffer.from(k).toString('hex'))),
    tailCut: (_, bytes) => told.push(`cut ${bytes}`),
    blocksSpoiled: (_, rows) => told.push(`spoiled ${rows}`),
    sideFileMissing: (_, bytes) => told.push(`no side file, ${bytes}`),
  })
  return { ...log, keys, told }
}

async function bodyOf({ ranges }: SealedSegment): Promise<Buffer> {
  const data = await readFile(dataPath(directory, ID))
  return Buffer.concat(ranges.map(({ start, end }) => data.subarray(start, end)))
}

const firstBlocks = (count: number): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, i) => block(i)))
const keysOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => key(i).toString('hex'))

test('a segment that was killed while open holds every acknowledged commit', async () => {
  await abandon(await writeCommits(3))
  const { segments, keys, sequenceMax } = await recover()
  expect(segments).toHaveLength(1)
  expect(segments[0]).toMatchObject({ id: ID, rows: 6, firstCommitAtMs: 1_000, recovered: true })
  expect(segments[0]?.tenants).toEqual(['tenant-0', 'tenant-1', 'tenant-2'])
  expect(keys).toEqual(keysOf(3))
  expect(sequenceMax).toBe(7)
})

test('wherever data and side file are torn, exactly the commits that are whole in both are kept', async () => {
  await abandon(await writeCommits(4))
  const data = await readFile(dataPath(directory, ID))
  const side = await readFile(sidePath(directory, ID))
  const recordBytes = side.length / 4
  await fc.assert(
    fc.asyncProperty(fc.nat(data.length), fc.nat(side.length), async (dataCut, sideCut) => {
      await writeFile(dataPath(directory, ID), data.subarray(0, dataCut))
      await writeFile(sidePath(directory, ID), side.subarray(0, sideCut))
      const wholeBlocks = [1, 2, 3, 4].filter((n) => firstBlocks(n).length <= dataCut).length
      const whole = Math.min(wholeBlocks, Math.floor(sideCut / recordBytes))
      const { segments, keys, told } = await recover()
      expect(keys).toEqual(keysOf(whole))
      const bodies = await Promise.all(segments.map(bodyOf))
      expect(bodies).toEqual(whole === 0 ? [] : [firstBlocks(whole)])
      expect(told.filter((t) => t.startsWith('spoiled'))).toEqual([])
      expect((await recover()).keys, 'a second start finds the same').toEqual(keys)
    }),
    { numRuns: 60 },
  )
})

test('bytes behind the last record were never acknowledged and are left out', async () => {
  await abandon(await writeCommits(2))
  await appendFile(dataPath(directory, ID), 'torn block')
  await appendFile(sidePath(directory, ID), 'torn record')
  const { segments, told } = await recover()
  expect(told).toEqual(['cut 21'])
  expect(segments[0] && (await bodyOf(segments[0]))).toEqual(firstBlocks(2))
})

test('a spoiled block in the middle loses its own rows and no others, and its request may come again', async () => {
  await abandon(await writeCommits(3))
  const data = await readFile(dataPath(directory, ID))
  data[block(0).length + 2] = 0
  await writeFile(dataPath(directory, ID), data)
  const { segments, told, keys } = await recover()
  expect(told).toEqual(['spoiled 2'])
  expect(keys).toEqual([keysOf(3)[0], keysOf(3)[2]])
  expect(segments[0]).toMatchObject({ rows: 4 })
  expect(segments[0] && (await bodyOf(segments[0]))).toEqual(Buffer.concat([block(0), block(2)]))
})

test('the side file of a stored segment keeps its keys known', async () => {
  await (await writeCommits(2)).seal()
  await rm(dataPath(directory, ID))
  const { segments, shipped, keys } = await recover()
  expect(segments).toEqual([])
  expect(shipped).toEqual([{ id: ID, directory, newestCommitAtMs: 1_001 }])
  expect(keys).toEqual(keysOf(2))
})

test('a segment without a whole commit leaves no file behind', async () => {
  await abandon(await writeCommits(1))
  await truncate(dataPath(directory, ID), 3)
  expect((await recover()).segments).toEqual([])
  expect(await nodeDisk.list(directory)).toEqual([])
})

test('blocks that an earlier version wrote with CRC-32 are kept, and one that is spoiled is found', async () => {
  const blocks = [0, 1, 2].map(block)
  const records = blocks.map((bytes, i) =>
    encodeCommit({
      ...commit(i),
      offset: firstBlocks(i).length,
      length: bytes.length,
      checksumKind: 'crc32',
      checksum: crc32(bytes),
    }),
  )
  await writeFile(dataPath(directory, ID), Buffer.concat([block(0), Buffer.alloc(block(1).length), block(2)]))
  await writeFile(sidePath(directory, ID), Buffer.concat(records))
  const { segments, told } = await recover()
  expect(segments[0]).toMatchObject({ rows: 4 })
  expect(told).toEqual(['spoiled 2'])
})

test('a data file without its side file is told about and left alone', async () => {
  await abandon(await writeCommits(1))
  await rm(sidePath(directory, ID))
  expect((await recover()).told).toEqual(['no side file, 10'])
  expect(await nodeDisk.list(directory)).toHaveLength(1)
})
