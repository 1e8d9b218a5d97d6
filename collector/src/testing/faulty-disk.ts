/** The real disk with faults put in: full after so many bytes, or failing at what it is told to fail at. */
import { nodeDisk, type Disk, type LogFile } from '../wal/disk.ts'

export interface FaultyDisk extends Disk {
  /** Bytes that may still be written before writes fail with ENOSPC, half done. Infinity: no limit. */
  roomBytes: number
  /** Syncs fail with EIO. */
  syncFails: boolean
  /** Truncations fail with EIO. */
  truncateFails: boolean
  /** Files are closed, and then closing fails with EIO. */
  closeFails: boolean
  /** Removals fail with EIO, and what was to go stays. */
  removeFails: boolean
  /** Told the path of every file and directory that was synced. */
  onSync: (path: string) => void
  /** What `freeBytes` reports; undefined: the truth. */
  reportedFreeBytes: number | undefined
}

export function createFaultyDisk(): FaultyDisk {
  const disk: FaultyDisk = {
    ...nodeDisk,
    roomBytes: Infinity,
    syncFails: false,
    truncateFails: false,
    closeFails: false,
    removeFails: false,
    onSync: () => undefined,
    reportedFreeBytes: undefined,
    create: async (path) => {
      if (disk.roomBytes <= 0) throw failure('ENOSPC')
      return spoil(await nodeDisk.create(path), path, disk)
    },
    open: async (path) => spoil(await nodeDisk.open(path), path, disk),
    replace: async (path, text) => {
      if (disk.roomBytes <= 0) throw failure('ENOSPC')
      await nodeDisk.replace(path, text)
    },
    remove: async (path) => {
      if (disk.removeFails) throw failure('EIO')
      await nodeDisk.remove(path)
    },
    syncDirectory: async (path) => {
      await nodeDisk.syncDirectory(path)
      disk.onSync(path)
    },
    freeBytes: async (path) => disk.reportedFreeBytes ?? nodeDisk.freeBytes(path),
  }
  return disk
}

const failure = (code: string): Error => Object.assign(new Error(`${code}: injected`), { code })

function spoil(file: LogFile, path: string, disk: FaultyDisk): LogFile {
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
      disk.onSync(path)
    },
    truncate: async (size) => {
      if (disk.truncateFails) throw failure('EIO')
      await file.truncate(size)
    },
    close: async () => {
      await file.close()
      if (disk.closeFails) throw failure('EIO')
    },
  }
}
