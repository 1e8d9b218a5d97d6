/** Counts the rows of an insert body: blocks in ClickHouse's Native format, one behind the other. */

const FIXED_BYTES: Readonly<Record<string, number>> = {
  UInt8: 1,
  UInt64: 8,
  'DateTime64(3)': 8,
  'DateTime64(9)': 8,
  'Decimal(38, 12)': 16,
}
const OFFSET_BYTES = 8

interface Cursor {
  readonly bytes: Buffer
  at: number
}

/** Of blocks whose columns have the types the collector writes. Throws on a body that is not such blocks to its last byte. */
export function countRows(bytes: Buffer): number {
  const cursor = { bytes, at: 0 }
  let total = 0
  while (cursor.at < bytes.length) {
    const columns = readVarint(cursor)
    const rows = readVarint(cursor)
    for (let column = 0; column < columns; column += 1) {
      readText(cursor)
      skipColumn(cursor, readText(cursor), rows)
    }
    total += rows
  }
  if (cursor.at !== bytes.length) throw new RangeError(`body of ${bytes.length} bytes ends at ${cursor.at}`)
  return total
}

/** Of a body that is one block of any types. */
export function countRowsOfFirst(bytes: Buffer): number {
  const cursor = { bytes, at: 0 }
  readVarint(cursor)
  return readVarint(cursor)
}

function skipColumn(cursor: Cursor, type: string, rows: number): void {
  const width = FIXED_BYTES[type]
  if (width !== undefined) cursor.at += rows * width
  else if (type === 'String') skipStrings(cursor, rows)
  else for (const element of elementTypes(type)) skipColumn(cursor, element.type, element.count(cursor, rows))
}

interface Elements {
  readonly type: string
  readonly count: (cursor: Cursor, rows: number) => number
}

/** An Array is its offsets and one column of elements, a Map its offsets and two. */
function elementTypes(type: string): readonly Elements[] {
  let elements = 0
  const skipOffsets = (cursor: Cursor, rows: number): number => {
    cursor.at += rows * OFFSET_BYTES
    elements = rows === 0 ? 0 : Number(cursor.bytes.readBigUInt64LE(cursor.at - OFFSET_BYTES))
    return elements
  }
  if (type === 'Map(String, String)') {
    return [
      { type: 'String', count: skipOffsets },
      { type: 'String', count: () => elements },
    ]
  }
  if (type.startsWith('Array(')) return [{ type: type.slice('Array('.length, -1), count: skipOffsets }]
  throw new RangeError(`column type ${type} cannot be counted`)
}

function skipStrings(cursor: Cursor, count: number): void {
  const { bytes } = cursor
  let { at } = cursor
  for (let index = 0; index < count; index += 1) {
    const byte = bytes[at] ?? 0
    if (byte < 0x80) at += 1 + byte
    else {
      cursor.at = at
      const length = readVarint(cursor)
      at = cursor.at + length
    }
  }
  cursor.at = at
}

function readText(cursor: Cursor): string {
  const length = readVarint(cursor)
  cursor.at += length
  return cursor.bytes.toString('latin1', cursor.at - length, cursor.at)
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
