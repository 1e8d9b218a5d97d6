/**
 * Rows of a segment that are inserted together under a token of their own.
 *
 * A piece is cut in half by commits and then by rows, always at the same places: the same rows have the same token
 * whenever they are sent.
 */
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { LoggedTable } from '@sandglass/schemas/metric-tables'
import { joinRanges } from '../wal/sealed-segment.ts'
import type { SealedSegment } from '../wal/segment.ts'
import type { CommitRecord } from '../wal/side-file.ts'
import { sliceBlock } from './native-block.ts'
import { readRanges } from './segment-body.ts'

export interface Piece {
  readonly token: string
  readonly table: LoggedTable
  readonly rows: number
  /** Blocks in Native format. */
  readonly read: () => Readable
  /** Its halves; undefined for a single row. */
  readonly halves: () => readonly [Piece, Piece] | undefined
}

/** The whole segment; its token is the segment's id. `commits` is not empty. */
export const wholePiece = (segment: SealedSegment, commits: readonly CommitRecord[]): Piece =>
  commitsPiece(segment, commits, 0, commits.length)

function commitsPiece(
  segment: SealedSegment,
  commits: readonly CommitRecord[],
  from: number,
  to: number,
): Piece {
  const part = commits.slice(from, to)
  const whole = part.length === commits.length
  const middle = (from + to) >>> 1
  return {
    token: whole ? segment.id : `${segment.id}.c${from}-${to}`,
    table: segment.table,
    rows: part.reduce((sum, { rows }) => sum + rows, 0),
    read: () => readRanges(segment, joinRanges(part)),
    halves: () => {
      const [only] = part
      if (part.length === 1 && only !== undefined) return halveRows(segment, only, 0, only.rows)
      return [commitsPiece(segment, commits, from, middle), commitsPiece(segment, commits, middle, to)]
    },
  }
}

function halveRows(
  segment: SealedSegment,
  commit: CommitRecord,
  from: number,
  to: number,
): readonly [Piece, Piece] | undefined {
  if (to - from < 2) return undefined
  const middle = (from + to) >>> 1
  return [rowsPiece(segment, commit, from, middle), rowsPiece(segment, commit, middle, to)]
}

function rowsPiece(segment: SealedSegment, commit: CommitRecord, from: number, to: number): Piece {
  return {
    token: `${segment.id}.o${commit.offset}.r${from}-${to}`,
    table: segment.table,
    rows: to - from,
    read: () => Readable.from(readRows(segment, commit, from, to), { objectMode: false }),
    halves: () => halveRows(segment, commit, from, to),
  }
}

async function* readRows(
  segment: SealedSegment,
  commit: CommitRecord,
  from: number,
  to: number,
): AsyncGenerator<Buffer> {
  yield sliceBlock(await buffer(readRanges(segment, joinRanges([commit]))), from, to)
}
