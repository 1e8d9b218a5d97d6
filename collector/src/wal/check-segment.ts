/** Holds a sealed segment against its side file: what a restart found may have been spoiled while it lay there. */
import type { Disk } from './disk.ts'
import { soundCommits } from './recover.ts'
import { toSealedSegment } from './sealed-segment.ts'
import { dataPath, sidePath, type SealedSegment } from './segment.ts'
import { decodeSideFile, type CommitRecord } from './side-file.ts'

export interface CheckedSegment {
  /** What matches its checksums; undefined when nothing does. */
  readonly sound: SealedSegment | undefined
  readonly spoiledRows: number
}

export async function checkSegment(disk: Disk, segment: SealedSegment): Promise<CheckedSegment> {
  const commits = await readCommits(disk, segment)
  if (commits.length === 0) return { sound: undefined, spoiledRows: segment.rows }
  const sound = toSealedSegment(segment, commits)
  return { sound, spoiledRows: segment.rows - sound.rows }
}

/** The commits of a segment that match their checksums. */
export async function readCommits(
  disk: Disk,
  { directory, id }: Pick<SealedSegment, 'directory' | 'id'>,
): Promise<readonly CommitRecord[]> {
  const { commits } = decodeSideFile(await disk.read(sidePath(directory, id)))
  return soundCommits(await disk.read(dataPath(directory, id)), commits)
}
