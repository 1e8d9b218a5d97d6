/** Makes a sealed segment of the commits that were found in a log. */
import type { ByteRange, SealedSegment } from './segment.ts'
import type { CommitRecord } from './side-file.ts'

/** `commits` is not empty. */
export function toSealedSegment(
  { id, table, directory }: Pick<SealedSegment, 'id' | 'table' | 'directory'>,
  commits: readonly CommitRecord[],
): SealedSegment {
  const ranges = joinRanges(commits)
  return {
    id,
    table,
    directory,
    ranges,
    bytes: ranges.reduce((sum, { start, end }) => sum + end - start, 0),
    rows: commits.reduce((sum, { rows }) => sum + rows, 0),
    firstCommitAtMs: commits.reduce((least, { committedAtMs }) => Math.min(least, committedAtMs), Infinity),
    tenants: [...new Set(commits.flatMap(({ tenants }) => tenants))],
    recovered: true,
  }
}

/** Neighbouring blocks become one range, so that a whole segment is read in one go. */
export function joinRanges(commits: readonly CommitRecord[]): readonly ByteRange[] {
  const ranges: ByteRange[] = []
  for (const { offset, length } of commits) {
    const last = ranges.at(-1)
    if (last?.end === offset) ranges[ranges.length - 1] = { start: last.start, end: offset + length }
    else ranges.push({ start: offset, end: offset + length })
  }
  return ranges
}
