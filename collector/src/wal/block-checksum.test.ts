import { randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checksumOf } from './block-checksum.ts'

const block = fc.uint8Array({ minLength: 1, maxLength: 3_000 })

describe.each(['crc32', 'gmac'] as const)('%s', (kind) => {
  test('is the same for the same block, wherever it lies in memory', () => {
    fc.assert(
      fc.property(block, fc.nat(20), (bytes, before) => {
        const moved = Buffer.concat([Buffer.alloc(before, 7), bytes]).subarray(before)
        expect(checksumOf(kind, moved)).toBe(checksumOf(kind, bytes))
      }),
    )
  })

  test('is another when a bit is flipped, the end is missing, or zeros stand in its place', () => {
    fc.assert(
      fc.property(block, fc.nat(), fc.nat(7), (bytes, where, bit) => {
        const at = where % bytes.length
        const flipped = Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ (1 << bit) : byte))
        const torn = Uint8Array.from(bytes, (byte, i) => (i < at ? byte : byte === 0 ? 1 : 0))
        for (const damaged of [flipped, bytes.subarray(0, at), torn]) {
          expect(checksumOf(kind, damaged)).not.toBe(checksumOf(kind, bytes))
        }
      }),
      { numRuns: 500 },
    )
  })

  test('covers a block of the largest size to its last byte', () => {
    const large = randomBytes(8 * 1024 * 1024)
    const before = checksumOf(kind, large)
    large[large.length - 1] = (large.at(-1) ?? 0) ^ 1
    expect(checksumOf(kind, large)).not.toBe(before)
  })
})

test('what was written once is recognised for ever', () => {
  const known = Buffer.from('a block of the log')
  expect([checksumOf('crc32', known), checksumOf('gmac', known)]).toMatchInlineSnapshot(`
    [
      3319420709,
      2218092592,
    ]
  `)
})
