import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { sliceBlock } from './native-block.ts'

/** A column of the types collectors write: how a row's value is encoded, by hand and row by row. */
interface ColumnType {
  readonly type: string
  readonly value: fc.Arbitrary<unknown>
  readonly encode: (rows: readonly unknown[]) => Buffer
}

const varint = (value: number): Buffer =>
  value < 128
    ? Buffer.from([value])
    : Buffer.concat([Buffer.from([(value & 127) | 128]), varint(value >>> 7)])

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value)
  return Buffer.concat([varint(bytes.length), bytes])
}

const uint64 = (value: number): Buffer => {
  const out = Buffer.alloc(8)
  out.writeBigUInt64LE(BigInt(value))
  return out
}

const offsets = (sizes: readonly number[]): Buffer => {
  let sum = 0
  return Buffer.concat(sizes.map((size) => uint64((sum += size))))
}

const strings: ColumnType = {
  type: 'String',
  value: fc.string({ maxLength: 200 }),
  encode: (rows) => Buffer.concat((rows as readonly string[]).map(text)),
}

const fixed = (type: string, bytes: number): ColumnType => ({
  type,
  value: fc.uint8Array({ minLength: bytes, maxLength: bytes }),
  encode: (rows) => Buffer.concat(rows as readonly Uint8Array[]),
})

const maps: ColumnType = {
  type: 'Map(String, String)',
  value: fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 4 }),
  encode: (rows) => {
    const entries = rows as readonly (readonly [string, string])[][]
    const flat = entries.flat()
    return Buffer.concat([
      offsets(entries.map((e) => e.length)),
      ...flat.map(([key]) => text(key)),
      ...flat.map(([, value]) => text(value)),
    ])
  },
}

const arrayOf = (element: ColumnType): ColumnType => ({
  type: `Array(${element.type})`,
  value: fc.array(element.value, { maxLength: 3 }),
  encode: (rows) => {
    const lists = rows as readonly (readonly unknown[])[]
    return Buffer.concat([offsets(lists.map((l) => l.length)), element.encode(lists.flat())])
  },
})

const simple = [
  strings,
  maps,
  fixed('UInt8', 1),
  fixed('UInt64', 8),
  fixed('DateTime64(9)', 8),
  fixed('DateTime64(3)', 8),
]
const columnTypes = [
  ...simple,
  ...[strings, maps, fixed('DateTime64(9)', 8), fixed('Decimal(38, 12)', 16)].map(arrayOf),
]

interface Table {
  readonly columns: readonly ColumnType[]
  readonly rows: readonly (readonly unknown[])[]
}

const table: fc.Arbitrary<Table> = fc
  .array(fc.constantFrom(...columnTypes), { minLength: 1, maxLength: 5 })
  .chain((columns) =>
    fc
      .array(fc.tuple(...columns.map(({ value }) => value)), { minLength: 1, maxLength: 150 })
      .map((rows) => ({ columns, rows })),
  )

const encode = ({ columns, rows }: Table): Buffer =>
  Buffer.concat([
    varint(columns.length),
    varint(rows.length),
    ...columns.map(({ type, encode }, i) =>
      Buffer.concat([text(`c${i}`), text(type), encode(rows.map((row) => row[i]))]),
    ),
  ])

test('a slice is the block that those rows alone would have made', () => {
  fc.assert(
    fc.property(table, fc.nat(), fc.nat(), ({ columns, rows }, a, b) => {
      const from = Math.min(a % rows.length, b % rows.length)
      const to = Math.max(a % rows.length, b % rows.length) + 1
      const expected = encode({ columns, rows: rows.slice(from, to) })
      expect(sliceBlock(encode({ columns, rows }), from, to).equals(expected)).toBe(true)
    }),
    { numRuns: 300 },
  )
})

test('what is not one block is refused instead of cut wrongly', () => {
  const block = encode({ columns: [strings], rows: [['a'], ['b']] })
  expect(() => sliceBlock(Buffer.concat([block, block]), 0, 1)).toThrow(RangeError)
  expect(() => sliceBlock(block.subarray(0, block.length - 1), 0, 1)).toThrow(RangeError)
})
