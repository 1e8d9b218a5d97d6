import { randomBytes, randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loggedTables, type LoggedTable } from '@sandglass/schemas/metric-tables'
import { Admission } from '../admit/admission.ts'
import { createClock } from '../clock.ts'
import { nodePorts } from '../ports.ts'
import { KeyWindow } from '../resend/key-window.ts'
import { ResendRegistry } from '../resend/registry.ts'
import { Telemetry } from '../telemetry/telemetry.ts'
import { createFaultyDisk, type FaultyDisk } from '../testing/faulty-disk.ts'
import { encodeEvents } from '../testing/otlp-bodies.ts'
import { testConfig } from '../testing/test-collector.ts'
import { makeTestDirectory, removeTestDirectory } from '../testing/test-directory.ts'
import { createTranscoder } from '../transcode/transcoder.ts'
import { createCommitGroups, type CommitGroups } from './commit-groups.ts'
import { nodeDisk } from './disk.ts'
import { recoverLog, type RecoveryListener } from './recover.ts'
import { openWriteAheadLog, type WriteAheadLog } from './write-ahead-log.ts'

const KEY = randomBytes(16)
const OWNER = 1
const OTHER_OWNER = 2

const QUIET: RecoveryListener = {
  keysFound: () => undefined,
  tailCut: () => undefined,
  blocksSpoiled: () => undefined,
  sideFileMissing: () => undefined,
}

let directory: string
let disk: FaultyDisk
let log: WriteAheadLog
let registry: ResendRegistry
let groups: CommitGroups
let fatal: Error[]

beforeEach(async () => {
  directory = await makeTestDirectory()
  disk = createFaultyDisk()
  fatal = []
  const clock = createClock()
  const telemetry = new Telemetry({ clock, log: () => undefined })
  registry = new ResendRegistry(
    new KeyWindow({ clock, windowMs: 900_000, keysMax: 1_000, onShortened: () => undefined }),
  )
  log = await openWriteAheadLog({
    disk,
    directory,
    newId: randomUUID,
    tables: Object.keys(loggedTables) as LoggedTable[],
    limits: { rowsMax: 100, bytesMax: 100_000 },
    listener: QUIET,
    onSealed: () => undefined,
  })
  groups = createCommitGroups({
    config: testConfig(directory),
    ports: { ...nodePorts, disk, fatal: (error) => fatal.push(error) },
    telemetry,
    admission: new Admission(telemetry),
    keys: registry.forOwner(OWNER),
    log,
    transcoder: createTranscoder({ sandboxes: { find: () => undefined } }),
  })
})
afterEach(async () => {
  log.release()
  await removeTestDirectory(directory)
})

/** One request as it passes from its claim to its commit. */
function commitOnce(): Promise<void> {
  expect(registry.claim(KEY, OWNER)).toBe('new')
  const body = encodeEvents([{ eventName: 'one', timeMs: Date.now() }])
  return groups.logs.submit('protobuf', body, { tenantId: 't', receivedAtMs: Date.now() }, KEY).durable
}

async function keysOnDisk(): Promise<readonly string[]> {
  const found: string[] = []
  const keysFound = (keys: readonly Uint8Array[]): void => {
    for (const key of keys) found.push(Buffer.from(key).toString('hex'))
  }
  await recoverLog(nodeDisk, directory, { ...QUIET, keysFound })
  return found
}

test('a request whose commit could not be taken back stays claimed: nobody else stores what may be on disk', async () => {
  disk.syncFails = true
  disk.truncateFails = true
  await expect(commitOnce()).rejects.toThrow('could not be taken back')
  expect(fatal).toHaveLength(1)
  expect(await keysOnDisk()).toEqual([KEY.toString('hex')])
  expect(registry.claim(KEY, OTHER_OWNER)).toBe('pending')
})

test('a request whose commit was taken back may come again at once', async () => {
  disk.roomBytes = 10
  await expect(commitOnce()).rejects.toMatchObject({ code: 'ENOSPC' })
  expect(fatal).toEqual([])
  expect(await keysOnDisk()).toEqual([])
  expect(registry.claim(KEY, OTHER_OWNER)).toBe('new')
})
