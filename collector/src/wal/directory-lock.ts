/** One process owns a directory: a lock that the kernel drops when the process ends, however it ends. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

export interface DirectoryLock {
  release(): void
}

/** Time a start waits for a process that is just ending, ms: the supervisor may be quicker than the kernel. */
const WAIT_MS_MAX = 10_000
const RETRY_MS = 100

/** Throws when another process keeps the directory. */
export async function lockDirectory(directory: string, waitMsMax = WAIT_MS_MAX): Promise<DirectoryLock> {
  const deadlineMs = performance.now() + waitMsMax
  for (;;) {
    const lock = tryLock(directory)
    if (lock !== undefined) return lock
    if (performance.now() >= deadlineMs) {
      throw new Error(`${directory} is in use by another collector: stop it, or set another dataDir`)
    }
    await sleep(RETRY_MS)
  }
}

/** SQLite's exclusive lock is a POSIX lock on the file, which Node offers no other way to take. */
function tryLock(directory: string): DirectoryLock | undefined {
  const database = new DatabaseSync(join(directory, 'lock'))
  try {
    database.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE')
    return { release: () => database.close() }
  } catch (error) {
    database.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return undefined
    throw error
  }
}

const SQLITE_BUSY = 5
