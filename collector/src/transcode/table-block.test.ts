import { expect, test } from 'vitest'
import { ByteStream } from './byte-stream.ts'
import { TableBlock } from './table-block.ts'

/** More than any machine has, bytes. */
const BEYOND_MEMORY = 2 ** 50

test('a block without memory leaves none of its rows to the next commit', () => {
  const stream = new ByteStream()
  const block = new TableBlock([{ name: 'n', wire: 'UInt8' }], { n: [stream] })
  const writeRow = (value: number): void => {
    stream.reserve(1)
    stream.bytes[stream.length] = value
    stream.length += 1
    block.rows += 1
  }
  writeRow(7)
  stream.length = BEYOND_MEMORY
  expect(() => block.take()).toThrow(RangeError)
  expect([block.rows, block.bytes]).toEqual([0, 0])
  writeRow(9)
  const header = [1, 1, 1, ...Buffer.from('n'), 5, ...Buffer.from('UInt8')]
  expect([...block.take()], 'columns, rows, name, type, value').toEqual([...header, 9])
})
