/**
 * Cuts rows out of a block in ClickHouse's Native format, for the types that the collector writes.
 *
 *   block  = columns varint · rows varint · each column: name, type (strings: varint length, bytes), values
 *   values = fixed width, or strings, or (Array, Map) one cumulative UInt64 offset a row and the elements behind
 */

const FIXED_BYTES: Readonly<Record<string, number>> = {
  Bool: 1,
  UInt8: 1,
  UInt32: 4,
  UInt64: 8,
  Int32: 4,
  Float64: 8,
  'DateTime64(3)': 8,
  'DateTime64(9)': 8,
  'Decimal(38, 12)': 16,
}
const OFFSET_BYTES = 8

interface Cursor {
  readonly bytes: Buffer
  at: number
}

/** Rows `from` to `to` (not included) of a block, as a block. Throws on a block that is not one. */
export function sliceBlock(block: Buffer, from: number, to: number): Buffer {
  const cursor = { bytes: block, at: 0 }
  const columns = readVarint(cursor)
  const rows = readVarint(cursor)
  const parts: Buffer[] = [writeVarint(columns), writeVarint(to - from)]
  for (let column = 0; column < columns; column += 1) {
    const headStart = cursor.at
    readText(cursor)
    const type = readText(cursor)
    parts.push(block.subarray(headStart, cursor.at), ...sliceColumn(cursor, type, rows, from, to))
  }
  if (cursor.at !== block.length) throw new RangeError(`block of ${block.length} bytes ends at ${cursor.at}`)
  return Buffer.concat(parts)
}

/** Moves the cursor behind the column and returns the bytes of the wanted rows. */
function sliceColumn(
  cursor: Cursor,
  type: string,
  rows: number,
  from: number,
  to: number,
): readonly Buffer[] {
  const width = FIXED_BYTES[type]
  if (width !== undefined) return [sliceFixed(cursor, width, rows, from, to)]
  if (type === 'String') return [sliceStrings(cursor, rows, from, to)]
  const elements = elementTypes(type)
  if (elements === undefined) throw new RangeError(`column type ${type} cannot be cut`)
  return sliceNested(cursor, elements, rows, from, to)
}

function sliceFixed(cursor: Cursor, width: number, rows: number, from: number, to: number): Buffer {
  const start = cursor.at
  cursor.at += rows * width
  return cursor.bytes.subarray(start + from * width, start + to * width)
}

function sliceStrings(cursor: Cursor, rows: number, from: number, to: number): Buffer {
  let start = cursor.at
  let end = cursor.at
  for (let row = 0; row < rows; row += 1) {
    if (row === from) start = cursor.at
    const length = readVarint(cursor)
    cursor.at += length
    if (row < to) end = cursor.at
  }
  return from === to ? Buffer.alloc(0) : cursor.bytes.subarray(start, end)
}

/** The element types of an Array (one) or a Map (keys, values). */
function elementTypes(type: string): readonly string[] | undefined {
  if (type === 'Map(String, String)') return ['String', 'String']
  return type.startsWith('Array(') ? [type.slice('Array('.length, -1)] : undefined
}

function sliceNested(
  cursor: Cursor,
  elements: readonly string[],
  rows: number,
  from: number,
  to: number,
): readonly Buffer[] {
  const offsetAt = readOffsets(cursor, rows)
  const first = offsetAt(from)
  const offsets = Buffer.alloc((to - from) * OFFSET_BYTES)
  for (let row = from; row < to; row += 1) {
    offsets.writeBigUInt64LE(BigInt(offsetAt(row + 1) - first), (row - from) * OFFSET_BYTES)
  }
  const count = offsetAt(rows)
  return [offsets, ...elements.flatMap((type) => sliceColumn(cursor, type, count, first, offsetAt(to)))]
}

/** Number of elements before each row. */
function readOffsets(cursor: Cursor, rows: number): (row: number) => number {
  const start = cursor.at
  cursor.at += rows * OFFSET_BYTES
  return (row) => (row === 0 ? 0 : Number(cursor.bytes.readBigUInt64LE(start + (row - 1) * OFFSET_BYTES)))
}

function readText(cursor: Cursor): string {
  const length = readVarint(cursor)
  cursor.at += length
  return cursor.bytes.toString('utf8', cursor.at - length, cursor.at)
}

function readVarint(cursor: Cursor): number {
  let value = 0
  for (let factor = 1; ; factor *= 128) {
    const byte = cursor.bytes.readUInt8(cursor.at)
    cursor.at += 1
    value += (byte & 0x7f) * factor
    if (byte < 0x80) return value
  }
}

function writeVarint(value: number): Buffer {
  const out: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 0x80)
  return Buffer.from([...out, rest])
}
