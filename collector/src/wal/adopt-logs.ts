/** Logs of workers that are configured no longer: what they hold is shipped by those that are left. */
import { join } from 'node:path'
import { lockDirectory, type DirectoryLock } from './directory-lock.ts'
import type { DataDirectory } from './data-directory.ts'
import type { Disk } from './disk.ts'
import { recoverLog, type RecoveredLog, type RecoveryListener } from './recover.ts'

export interface AdoptedLog {
  /** Number of the worker it belonged to. */
  readonly worker: number
  readonly directory: string
  readonly recovered: RecoveredLog
  readonly lock: DirectoryLock
}

const NAME = /^log-(\d+)$/

/** Locks and reads the logs that fall to `worker` of `workers`. */
export async function adoptLogs(
  disk: Disk,
  directory: DataDirectory,
  worker: number,
  workers: number,
  listener: RecoveryListener,
): Promise<readonly AdoptedLog[]> {
  const numbers = (await disk.listDirectories(directory.path)).map((name) =>
    Number(NAME.exec(name)?.[1] ?? -1),
  )
  const adopted: AdoptedLog[] = []
  for (const number of numbers.filter((n) => n >= workers && n % workers === worker)) {
    const path = join(directory.path, `log-${number}`)
    const lock = await lockDirectory(path)
    const recovered = await recoverLog(disk, path, listener)
    adopted.push({ worker: number, directory: path, recovered, lock })
  }
  return adopted
}
