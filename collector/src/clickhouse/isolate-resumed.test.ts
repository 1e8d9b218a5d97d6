import { join } from 'node:path'
import { writeFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PermanentError } from '../errors.ts'
import { createFaultyDisk } from '../testing/faulty-disk.ts'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'
import { nodeDisk } from '../wal/disk.ts'
import { isolate } from './isolate.ts'
import type { Piece } from './piece.ts'
import { SplitJournal } from './split-journal.ts'

let directory: string
beforeEach(async () => {
  directory = await makeTestDirectory()
})
afterEach(() => removeTestDirectory(directory))

/** Rows `from` to `to`; its token says so. */
const piece = (from: number, to: number): Piece => {
  const middle = (from + to) >>> 1
  return {
    token: `${from}-${to}`,
    table: 'otel_traces',
    rows: to - from,
    read: () => Readable.from([]),
    halves: () => (to - from < 2 ? undefined : [piece(from, middle), piece(middle, to)]),
  }
}

/** Lines of a journal in which everything but the first two rows was cut, and stored or quarantined row by row. */
function* allButTwoRows(one: Piece): Generator<string> {
  const halves = one.halves()
  if (one.token === '0-2') return
  yield `${halves === undefined ? 'done' : 'cut'} ${one.token}\n`
  for (const half of halves ?? []) yield* allButTwoRows(half)
}

const ROWS = 8_192

test('what an earlier process cut is no insert: however long its journal, one bad row takes no good one with it', async () => {
  const path = join(directory, 'journal')
  const whole = piece(0, ROWS)
  const lines = [...allButTwoRows(whole)]
  expect(lines.length).toBeGreaterThan(10_000)
  await writeFile(path, lines.join(''))
  const journal = await SplitJournal.open(nodeDisk, path)
  const stored: string[] = []
  const quarantined: string[] = []
  const complete = await isolate(whole, {
    store: {
      insert: async ({ token }) => {
        if (token !== '0-1') throw new PermanentError('VIOLATED_CONSTRAINT', 'row 1 is bad', undefined)
        stored.push(token)
      },
    },
    journal,
    msMax: 1_000,
    quarantine: async ({ token }) => {
      quarantined.push(token)
    },
    onViewRefused: () => undefined,
  })
  await journal.close()
  expect({ complete, stored, quarantined }).toEqual({ complete: true, stored: ['0-1'], quarantined: ['1-2'] })
})

test('the first decision to cut survives a crash with the entry of the file it is written into', async () => {
  const synced: string[] = []
  const disk = createFaultyDisk()
  disk.onSync = (path) => synced.push(path)
  const path = join(directory, 'journal')
  const journal = await SplitJournal.open(disk, path)
  await journal.cut('0-2')
  await journal.close()
  expect(synced).toEqual([directory, path])
  expect((await SplitJournal.open(disk, path)).isCut('0-2')).toBe(true)
})
