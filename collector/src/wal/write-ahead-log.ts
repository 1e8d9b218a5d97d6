/** The log of one worker: one directory, locked, recovered, and one table log per table. */
import { dirname } from 'node:path'
import type { LoggedTable } from '@sandglass/schemas/metric-tables'
import { lockDirectory, type DirectoryLock } from './directory-lock.ts'
import type { Disk } from './disk.ts'
import { LogIdentity } from './log-identity.ts'
import { recoverLog, type RecoveredLog, type RecoveryListener } from './recover.ts'
import { segmentId, type SealedSegment } from './segment.ts'
import { TableLog, type SealLimits } from './table-log.ts'

export interface WriteAheadLogOptions {
  readonly disk: Disk
  readonly directory: string
  readonly newId: () => string
  readonly tables: readonly LoggedTable[]
  readonly limits: SealLimits
  readonly listener: RecoveryListener
  readonly onSealed: (segment: SealedSegment) => void
}

export interface WriteAheadLog {
  /** What was in the directory. */
  readonly recovered: RecoveredLog
  table(table: LoggedTable): TableLog
  readonly tables: readonly TableLog[]
  /** Size of the segments that are being written. */
  readonly openBytes: number
  /** Seals what is open. */
  close(): Promise<void>
  /** Lets another process have the directory; nothing may be read or removed in it any more. */
  release(): void
}

/** Throws when another process has the directory. */
export async function openWriteAheadLog(options: WriteAheadLogOptions): Promise<WriteAheadLog> {
  const { disk, directory, newId, listener } = options
  await disk.makeDirectory(directory)
  await disk.syncDirectory(dirname(directory))
  const lock = await lockDirectory(directory)
  try {
    const recovered = await recoverLog(disk, directory, listener)
    const identity = await LogIdentity.open(disk, directory, newId, recovered.sequenceMax + 1)
    return assemble(options, lock, recovered, identity)
  } catch (error) {
    lock.release()
    throw error
  }
}

function assemble(
  { disk, directory, tables, limits, onSealed }: WriteAheadLogOptions,
  lock: DirectoryLock,
  recovered: RecoveredLog,
  identity: LogIdentity,
): WriteAheadLog {
  const open = (table: LoggedTable): TableLog => {
    const nextId = async (): Promise<string> =>
      segmentId({ logId: identity.logId, table, sequence: await identity.nextSequence() })
    return new TableLog({ disk, directory, table, limits, nextId, onSealed })
  }
  const logs = new Map(tables.map((table) => [table, open(table)]))
  return {
    recovered,
    tables: [...logs.values()],
    get openBytes() {
      return [...logs.values()].reduce((sum, { open }) => sum + (open?.bytes ?? 0), 0)
    },
    table(table) {
      const log = logs.get(table)
      if (log === undefined) throw new Error(`no log for table ${table}`)
      return log
    },
    async close() {
      for (const log of logs.values()) await log.close()
    },
    release: () => lock.release(),
  }
}
