/** Segments and parts of them as the body of an INSERT, read from the log when they are sent. */
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { dataPath, type ByteRange, type SealedSegment } from '../wal/segment.ts'

/** Bytes read and sent at once. */
const CHUNK_BYTES = 1024 * 1024

export function readRanges(
  segment: Pick<SealedSegment, 'directory' | 'id'>,
  ranges: readonly ByteRange[],
): Readable {
  const path = dataPath(segment.directory, segment.id)
  const [only] = ranges
  if (only !== undefined && ranges.length === 1) return readRange(path, only)
  return Readable.from(chunksOf(path, ranges), { objectMode: false })
}

const readRange = (path: string, { start, end }: ByteRange): Readable =>
  createReadStream(path, { start, end: end - 1, highWaterMark: CHUNK_BYTES })

async function* chunksOf(path: string, ranges: readonly ByteRange[]): AsyncGenerator<Buffer> {
  for (const range of ranges) yield* readRange(path, range) as AsyncIterable<Buffer>
}
