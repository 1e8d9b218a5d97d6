/** Reads a Native block back, slowly and obviously. */
export type Cell = string | number | bigint | readonly Cell[]

/** Rows by column name. Maps are arrays of [key, value]; times, 64-bit numbers and decimals are bigint. */
export type Row = Readonly<Record<string, Cell>>

export function readBlock(block: Uint8Array): Row[] {
  const reader = new BlockReader(block)
  const columns = reader.varint()
  const rows = reader.varint()
  const table = Array.from({ length: rows }, (): Record<string, Cell> => ({}))
  for (let column = 0; column < columns; column++) {
    const name = reader.string()
    const cells = reader.cells(reader.string(), rows)
    for (const [index, row] of table.entries()) row[name] = cells[index] ?? ''
  }
  reader.expectEnd()
  return table
}

class BlockReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(block: Uint8Array) {
    this.#bytes = Buffer.from(block)
  }

  expectEnd(): void {
    if (this.#at !== this.#bytes.length) {
      throw new Error(`${this.#bytes.length - this.#at} bytes behind the last column`)
    }
  }

  varint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#at++)
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }

  string(): string {
    const length = this.varint()
    const text = this.#bytes.toString('utf8', this.#at, this.#at + length)
    if (this.#at + length > this.#bytes.length) throw new Error('a string goes beyond the block')
    this.#at += length
    return text
  }

  cells(type: string, rows: number): Cell[] {
    const inner = /^Array\((.*)\)$/.exec(type)?.[1]
    if (inner !== undefined) return this.#arrays(rows, (count) => this.cells(inner, count))
    if (type === 'Map(String, String)') return this.#arrays(rows, (count) => this.#entries(count))
    return Array.from({ length: rows }, () => this.#cell(type))
  }

  #entries(count: number): Cell[] {
    const keys = this.cells('String', count)
    const values = this.cells('String', count)
    return keys.map((key, index) => [key, values[index] ?? ''])
  }

  #arrays(rows: number, elements: (count: number) => Cell[]): Cell[] {
    const ends = Array.from({ length: rows }, () => Number(this.#cell('UInt64')))
    const all = elements(ends.at(-1) ?? 0)
    return ends.map((end, row) => all.slice(ends[row - 1] ?? 0, end))
  }

  #cell(type: string): Cell {
    switch (type) {
      case 'String':
        return this.string()
      case 'UInt8':
        return this.#bytes.readUInt8(this.#skip(1))
      case 'UInt64':
        return this.#bytes.readBigUInt64LE(this.#skip(8))
      case 'DateTime64(3)':
      case 'DateTime64(9)':
        return this.#bytes.readBigInt64LE(this.#skip(8))
      case 'Decimal(38, 12)':
        return this.#bytes.readBigUInt64LE(this.#skip(8)) + (this.#bytes.readBigInt64LE(this.#skip(8)) << 64n)
      default:
        throw new Error(`a block of this collector has no column of type ${type}`)
    }
  }

  #skip(bytes: number): number {
    this.#at += bytes
    return this.#at - bytes
  }
}
