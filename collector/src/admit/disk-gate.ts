/** Closes the gate while the log is at its limit or the disk has no room left to give. */
import type { CollectorConfig } from '@sandglass/schemas/config/collector'
import type { Disk } from '../wal/disk.ts'
import type { Admission } from './admission.ts'

export interface DiskGateOptions {
  readonly admission: Pick<Admission, 'set' | 'reasons'>
  readonly disk: Disk
  readonly directory: string
  readonly limits: Pick<CollectorConfig['limits'], 'logBytesMax' | 'diskFreeBytesMin'>
  /** Part of `logBytesMax` that is this process's. */
  readonly share: number
  /** Bytes in the log and in quarantine. */
  readonly logBytes: () => number
}

/** A gate that closed at a limit opens again at this part of it, so that it does not swing with every request. */
const REOPEN_SHARE = 0.9

/** Looks once and sets the gate. */
export async function checkDisk(options: DiskGateOptions): Promise<void> {
  const { admission, disk, directory, limits, share, logBytes } = options
  const logMax = limits.logBytesMax * share
  const logLimit = admission.reasons.includes('log_full') ? logMax * REOPEN_SHARE : logMax
  admission.set('log_full', logBytes() >= logLimit)
  const freeMin = limits.diskFreeBytesMin
  const freeLimit = admission.reasons.includes('disk_full') ? freeMin / REOPEN_SHARE : freeMin
  admission.set('disk_full', (await disk.freeBytes(directory)) < freeLimit)
}
