import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** How long a start waits for an engine process that is ending because its parent is gone, milliseconds. */
export const ORPHAN_WAIT_MS = 15_000

/** A lock as long as it is reachable: a collected handle would close its file and drop it. */
export interface DirectoryLock {
  readonly handle: DatabaseSync
}

/**
 * Takes the directory for this process until it ends, however it ends: the lock is the kernel's, an exclusive
 * POSIX lock held through SQLite, so nothing stale can remain and nobody can let go of it too early.
 * @throws Error naming the owner's process id when another process has the directory.
 */
export function lockDirectory(directory: string): DirectoryLock {
  const ownerFile = join(directory, 'owner.pid')
  const owner = readOwner(ownerFile)
  const lock = new DatabaseSync(join(directory, 'lock'), {
    timeout: owner && isOrphan(owner) ? ORPHAN_WAIT_MS : 0,
  })
  try {
    lock.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    throw new Error(inUse(directory, readOwner(ownerFile)), { cause: error })
  }
  writeFileSync(ownerFile, `${process.pid} ${process.ppid}\n`)
  return { handle: lock }
}

interface Owner {
  readonly pid: number
  readonly parent: number
}

function readOwner(file: string): Owner | undefined {
  try {
    const [pid, parent] = readFileSync(file, 'utf8').trim().split(' ').map(Number)
    return pid && parent ? { pid, parent } : undefined
  } catch {
    return undefined
  }
}

function isOrphan({ parent }: Owner): boolean {
  try {
    process.kill(parent, 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}

function inUse(directory: string, owner: Owner | undefined): string {
  const who = owner ? `process ${owner.pid} (started by process ${owner.parent})` : 'another process'
  return `the data directory ${directory} is in use by ${who}. Stop it, or choose another.`
}
