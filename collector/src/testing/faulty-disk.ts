/** The real disk with faults put in: full after so many bytes, failing syncs, a dead one that refuses everything. */
import { nodeDisk, type Disk, type LogFile } from '../wal/disk.ts'

export interface FaultyDisk extends Disk {
  /** Bytes that may still be written before writes fail with ENOSPC, half done. Infinity: no limit. */
  roomBytes: number
  /** Syncs fail with EIO. */
  syncFails: boolean
  /** Truncations fail with EIO. */
  truncateFails: boolean
  /** What `freeBytes` reports; undefined: the truth. */
  reportedFreeBytes: number | undefined
}

export function createFaultyDisk(): FaultyDisk {
  const disk: FaultyDisk = {
    ...nodeDisk,
    roomBytes: Infinity,
    syncFails: false,
    truncateFails: false,
    reportedFreeBytes: undefined,
    create: async (path) => {
      if (disk.roomBytes <= 0) throw failure('ENOSPC')
      return spoil(await nodeDisk.create(path), disk)
    },
    open: async (path) => spoil(await nodeDisk.open(path), disk),
    freeBytes: async (path) => disk.reportedFreeBytes ?? nodeDisk.freeBytes(path),
  }
  return disk
}

const failure = (code: string): Error => Object.assign(new Error(`${code}: injected`), { code })

function spoil(file: LogFile, disk: FaultyDisk): LogFile {
  return {
    write: async (bytes, position) => {
      const fits = Math.min(bytes.length, Math.max(0, disk.roomBytes))
      await file.write(bytes.subarray(0, fits), position)
      disk.roomBytes -= fits
      if (fits < bytes.length) throw failure('ENOSPC')
    },
    sync: async () => {
      await file.sync()
      if (disk.syncFails) throw failure('EIO')
    },
    truncate: async (size) => {
      if (disk.truncateFails) throw failure('EIO')
      await file.truncate(size)
    },
    close: () => file.close(),
  }
}
