/** Columns whose value is the same for all records of one scope: written once and repeated when the scope ends. */
import { appendBytes, appendOffset, repeatTail } from './append.ts'
import { ByteStream } from './byte-stream.ts'
import type { MapStreams } from './attribute-writer.ts'

/** One encoded value, and the column it is repeated into. */
export class RepeatedColumn {
  readonly value = new ByteStream()
  readonly column = new ByteStream()

  repeat(rows: number): void {
    const start = this.column.length
    appendBytes(this.column, this.value, 0, this.value.length)
    repeatTail(this.column, start, rows)
  }
}

/** One encoded map, and the map column it is repeated into. */
export class RepeatedMap {
  entries = 0
  readonly value: MapStreams = { keys: new ByteStream(), values: new ByteStream() }
  readonly keys = new ByteStream()
  readonly values = new ByteStream()
  readonly offsets = new ByteStream()

  get bytes(): number {
    return this.value.keys.length + this.value.values.length
  }

  clearValue(): void {
    this.value.keys.length = 0
    this.value.values.length = 0
  }

  repeat(rows: number): void {
    repeatInto(this.keys, this.value.keys, rows)
    repeatInto(this.values, this.value.values, rows)
    for (let row = 0; row < rows; row++) appendOffset(this.offsets, this.entries)
  }
}

function repeatInto(column: ByteStream, value: ByteStream, rows: number): void {
  if (value.length === 0) return
  const start = column.length
  appendBytes(column, value, 0, value.length)
  repeatTail(column, start, rows)
}
