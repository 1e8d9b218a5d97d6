import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'
import { nodeDisk, type Disk } from './disk.ts'
import { LogIdentity } from './log-identity.ts'

let directory: string
beforeEach(async () => {
  directory = await makeTestDirectory()
})
afterEach(() => removeTestDirectory(directory))

const open = (atLeast = 0): Promise<LogIdentity> => LogIdentity.open(nodeDisk, directory, randomUUID, atLeast)

test('a restart never uses a number again, even when every segment file is gone', async () => {
  const first = await open()
  const used = [await first.nextSequence(), await first.nextSequence()]
  const second = await open()
  expect(second.logId).toBe(first.logId)
  expect(await second.nextSequence()).toBeGreaterThan(Math.max(...used))
})

test('numbers go on above those found in the directory', async () => {
  expect(await (await open(5_000_000)).nextSequence()).toBe(5_000_000)
})

test('numbers stay different across the end of a reserved range', async () => {
  const identity = await open()
  const numbers = new Set<number>()
  for (let i = 0; i < 100_003; i += 1) numbers.add(await identity.nextSequence())
  expect(numbers.size).toBe(100_003)
  expect(await (await open()).nextSequence()).toBeGreaterThan(Math.max(...[...numbers].slice(-1)))
})

test('tables that need a number at the end of a range at the same time get different ones, and reserve once', async () => {
  await open()
  let reserving = 0
  let most = 0
  const disk: Disk = {
    ...nodeDisk,
    replace: async (path, text) => {
      reserving += 1
      most = Math.max(most, reserving)
      await nodeDisk.replace(path, text)
      reserving -= 1
    },
  }
  const identity = await LogIdentity.open(disk, directory, randomUUID, 0)
  const numbers = await Promise.all([1, 2, 3].map(() => identity.nextSequence()))
  expect(new Set(numbers).size).toBe(3)
  expect(most, 'two at once would take the file from each other').toBe(1)
  expect(await (await open()).nextSequence()).toBeGreaterThan(Math.max(...numbers))
})

test('a lost identity is a new one: old tokens cannot come back', async () => {
  const first = await open()
  await rm(join(directory, 'log.json'))
  expect((await open()).logId).not.toBe(first.logId)
})
