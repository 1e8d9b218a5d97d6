/** One table's open block: the streams of its columns, and how they become a Native block. */
import type { TableColumn } from '@sandglass/schemas/tables'
import { VARINT_BYTES_MAX, appendUtf8, writeVarint } from './append.ts'
import { ByteStream } from './byte-stream.ts'

/** The streams a column's data consists of, in the order Native wants them (offsets before elements, keys before values). */
export type ColumnStreams = Readonly<Record<string, readonly ByteStream[]>>

interface LaidOutColumn {
  readonly header: Uint8Array
  readonly streams: readonly ByteStream[]
}

export class TableBlock {
  rows = 0
  readonly #columns: readonly LaidOutColumn[]
  readonly #streams: readonly ByteStream[]
  readonly #marks: Int32Array
  #markedRows = 0
  #headerBytes = 0
  #output = new ByteStream()

  constructor(columns: readonly TableColumn[], streams: ColumnStreams) {
    this.#columns = columns.map((column) => layOut(column, streams))
    this.#streams = [...new Set(this.#columns.flatMap((column) => column.streams))]
    this.#marks = new Int32Array(this.#streams.length)
    for (const { header } of this.#columns) this.#headerBytes += header.length
  }

  /** Remembers the present end of every stream. */
  mark(): void {
    for (let i = 0; i < this.#streams.length; i++) this.#marks[i] = this.#streams[i]?.length ?? 0
    this.#markedRows = this.rows
  }

  /** Forgets everything written since the mark. */
  rollBack(): void {
    for (const [i, stream] of this.#streams.entries()) stream.length = this.#marks[i] ?? 0
    this.rows = this.#markedRows
  }

  /** Bytes written since the mark; streams that several columns share count once. */
  bytesSinceMark(): number {
    let total = 0
    for (const [i, stream] of this.#streams.entries()) total += stream.length - (this.#marks[i] ?? 0)
    return total
  }

  /** Size of the block that `take` would return. */
  get bytes(): number {
    if (this.rows === 0) return 0
    let total = 2 * VARINT_BYTES_MAX + this.#headerBytes
    for (const { streams } of this.#columns) for (const stream of streams) total += stream.length
    return total
  }

  /** The block of every row since the last take, valid until the next take. */
  take(): Uint8Array {
    const output = this.#output
    output.length = 0
    try {
      output.reserve(this.bytes)
      output.length = writeVarint(output.bytes, 0, this.#columns.length)
      output.length = writeVarint(output.bytes, output.length, this.rows)
      for (const column of this.#columns) copyColumn(output, column)
      const taken = output.bytes.subarray(0, output.length)
      output.clear()
      return taken
    } finally {
      // Without memory for the block its requests are refused, and none of their rows may go with those of others.
      for (const stream of this.#streams) stream.clear()
      this.rows = 0
    }
  }
}

function copyColumn(output: ByteStream, { header, streams }: LaidOutColumn): void {
  output.bytes.set(header, output.length)
  output.length += header.length
  for (const stream of streams) {
    output.bytes.set(stream.bytes.subarray(0, stream.length), output.length)
    output.length += stream.length
  }
}

function layOut({ name, wire }: TableColumn, streams: ColumnStreams): LaidOutColumn {
  const found = streams[name]
  if (!found) throw new Error(`column ${name} of schemas/src/tables.ts has no stream in the transcoder`)
  const header = new ByteStream()
  appendUtf8(header, name)
  appendUtf8(header, wire)
  return { header: header.bytes.slice(0, header.length), streams: found }
}
