/**
 * What a log directory holds when a process starts on it.
 *
 * A segment that was not sealed ends where its last whole commit ends: what follows was never acknowledged. A block that
 * does not match its checksum although later ones do was acknowledged and is lost to the disk: that is reported, and the
 * rest of the segment is kept.
 */
import { checksumOf } from './block-checksum.ts'
import type { Disk } from './disk.ts'
import { dataPath, parseFileName, sidePath, type SealedSegment, type SegmentFile } from './segment.ts'
import { decodeSideFile, encodeSeal, type CommitRecord, type SideFile } from './side-file.ts'
import { toSealedSegment } from './sealed-segment.ts'

export interface RecoveryListener {
  /** Keys of requests that are on disk, with the Unix time of their commit, ms. */
  keysFound(keys: readonly Uint8Array[], committedAtMs: number): void
  /** Bytes after the last whole commit were ignored: nothing of them was acknowledged. */
  tailCut(id: string, bytes: number): void
  /** Acknowledged rows do not match their checksum any more. */
  blocksSpoiled(id: string, rows: number): void
  /** A data file without a side file: nothing says where its commits end, so it is left alone. */
  sideFileMissing(id: string, bytes: number): void
}

export interface RecoveredLog {
  /** Not yet stored, oldest first. */
  readonly segments: readonly SealedSegment[]
  /** Side files of stored segments, kept for their keys. */
  readonly shipped: readonly ShippedSideFile[]
  /** Highest number of any segment found; -1 when there is none. */
  readonly sequenceMax: number
}

export interface ShippedSideFile {
  readonly id: string
  readonly directory: string
  /** Unix time of the newest commit in it, ms. */
  readonly newestCommitAtMs: number
}

export async function recoverLog(
  disk: Disk,
  directory: string,
  listener: RecoveryListener,
): Promise<RecoveredLog> {
  const found = groupBySegment(await disk.list(directory))
  const segments: SealedSegment[] = []
  const shipped: ShippedSideFile[] = []
  for (const file of [...found.values()].sort((a, b) => a.segment.sequence - b.segment.sequence)) {
    const outcome = await recoverSegment(disk, directory, file, listener)
    if (outcome?.kind === 'segment') segments.push(outcome.segment)
    if (outcome?.kind === 'shipped') shipped.push(outcome.side)
  }
  const sequenceMax = [...found.values()].reduce((most, { segment }) => Math.max(most, segment.sequence), -1)
  return { segments, shipped, sequenceMax }
}

interface FoundSegment {
  readonly segment: SegmentFile
  readonly dataBytes: number | undefined
  readonly sideBytes: number | undefined
}

function groupBySegment(
  entries: readonly { name: string; bytes: number }[],
): ReadonlyMap<string, FoundSegment> {
  const found = new Map<string, FoundSegment>()
  for (const { name, bytes } of entries) {
    const segment = parseFileName(name)
    if (segment === undefined) continue
    const known = found.get(segment.id) ?? { segment, dataBytes: undefined, sideBytes: undefined }
    found.set(segment.id, {
      ...known,
      ...(segment.kind === 'data' ? { dataBytes: bytes } : { sideBytes: bytes }),
    })
  }
  return found
}

type Outcome =
  | { readonly kind: 'segment'; readonly segment: SealedSegment }
  | { readonly kind: 'shipped'; readonly side: ShippedSideFile }
  | undefined

async function recoverSegment(
  disk: Disk,
  directory: string,
  found: FoundSegment,
  listener: RecoveryListener,
): Promise<Outcome> {
  const { id } = found.segment
  if (found.sideBytes === undefined) return recoverDataOnly(disk, directory, found, listener)
  const side = decodeSideFile(await disk.read(sidePath(directory, id)))
  if (found.dataBytes === undefined) return recoverShipped(directory, id, side, listener)
  const commits = side.sealed ? side.commits : await closeTorn(disk, directory, found, side, listener)
  if (commits.length === 0) return removeEmpty(disk, directory, id)
  announceKeys(commits, listener)
  return { kind: 'segment', segment: toSealedSegment({ ...found.segment, directory }, commits) }
}

async function recoverDataOnly(
  disk: Disk,
  directory: string,
  { segment, dataBytes = 0 }: FoundSegment,
  listener: RecoveryListener,
): Promise<undefined> {
  if (dataBytes === 0) return removeEmpty(disk, directory, segment.id)
  listener.sideFileMissing(segment.id, dataBytes)
  return undefined
}

function recoverShipped(directory: string, id: string, side: SideFile, listener: RecoveryListener): Outcome {
  announceKeys(side.commits, listener)
  const newestCommitAtMs = side.commits.reduce((most, { committedAtMs }) => Math.max(most, committedAtMs), 0)
  return { kind: 'shipped', side: { id, directory, newestCommitAtMs } }
}

function announceKeys(commits: readonly CommitRecord[], listener: RecoveryListener): void {
  for (const { keys, committedAtMs } of commits) listener.keysFound(keys, committedAtMs)
}

async function removeEmpty(disk: Disk, directory: string, id: string): Promise<undefined> {
  await disk.remove(dataPath(directory, id))
  await disk.remove(sidePath(directory, id))
  return undefined
}

/** Finds the last whole commit, and writes the finding down, so that the next start comes to the same one. */
async function closeTorn(
  disk: Disk,
  directory: string,
  { segment: { id }, dataBytes = 0, sideBytes = 0 }: FoundSegment,
  side: SideFile,
  listener: RecoveryListener,
): Promise<readonly CommitRecord[]> {
  const data = await disk.read(dataPath(directory, id))
  const sound = soundCommits(data, side.commits)
  const lastSound = sound.at(-1)
  const kept = lastSound === undefined ? [] : side.commits.slice(0, side.commits.indexOf(lastSound) + 1)
  reportLoss(id, kept, sound, listener)
  const dataEnd = lastSound === undefined ? 0 : lastSound.offset + lastSound.length
  const torn = Math.max(0, dataBytes - dataEnd) + (sideBytes - side.bytes)
  if (torn > 0) listener.tailCut(id, torn)
  if (kept.length > 0) {
    await syncData(disk, directory, id)
    await rewriteSide(disk, directory, id, side, kept.length)
  }
  return sound
}

function reportLoss(
  id: string,
  kept: readonly CommitRecord[],
  sound: readonly CommitRecord[],
  listener: RecoveryListener,
): void {
  const rows = (commits: readonly CommitRecord[]): number =>
    commits.reduce((sum, commit) => sum + commit.rows, 0)
  if (kept.length > sound.length) listener.blocksSpoiled(id, rows(kept) - rows(sound))
}

/** The last commit may have been written and not synced; from now on it counts as durable. */
async function syncData(disk: Disk, directory: string, id: string): Promise<void> {
  const file = await disk.open(dataPath(directory, id))
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

async function rewriteSide(
  disk: Disk,
  directory: string,
  id: string,
  side: SideFile,
  keptCommits: number,
): Promise<void> {
  const end = side.commits[keptCommits]?.recordStart ?? side.bytes
  const file = await disk.open(sidePath(directory, id))
  try {
    await file.truncate(end)
    // On a full disk the seal is left out, which costs this check at the next start.
    await file.write(encodeSeal(), end).catch(() => undefined)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** The commits whose blocks are in `data` as they were written. */
export function soundCommits(data: Buffer, commits: readonly CommitRecord[]): readonly CommitRecord[] {
  return commits.filter(
    ({ offset, length, checksumKind, checksum }) =>
      offset + length <= data.length &&
      checksumOf(checksumKind, data.subarray(offset, offset + length)) === checksum,
  )
}
