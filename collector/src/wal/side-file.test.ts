import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeSideFile, encodeCommit, encodeSeal, KEY_BYTES, type Commitment } from './side-file.ts'

const key = fc.uint8Array({ minLength: KEY_BYTES, maxLength: KEY_BYTES })
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })

const commitment: fc.Arbitrary<Commitment> = fc.record({
  offset: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  length: uint32,
  rows: uint32,
  checksumKind: fc.constantFrom('crc32', 'gmac'),
  checksum: uint32,
  committedAtMs: fc.integer({ min: 0, max: 4e12 }),
  tenants: fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }), { maxLength: 4 }),
  keys: fc.array(key, { maxLength: 6 }),
})

const plain = ({
  keys,
  tenants,
  offset,
  length,
  rows,
  checksumKind,
  checksum,
  committedAtMs,
}: Commitment): object => ({
  tenants,
  offset,
  length,
  rows,
  checksumKind,
  checksum,
  committedAtMs,
  keys: keys.map((k) => Buffer.from(k).toString('hex')),
})

const read = (bytes: Buffer): readonly object[] => decodeSideFile(bytes).commits.map(plain)

test('what was written is read', () => {
  fc.assert(
    fc.property(fc.array(commitment, { maxLength: 5 }), fc.boolean(), (commits, sealed) => {
      const bytes = Buffer.concat([...commits.map(encodeCommit), ...(sealed ? [encodeSeal()] : [])])
      expect(read(bytes)).toEqual(commits.map(plain))
      expect(decodeSideFile(bytes)).toMatchObject({ sealed, bytes: bytes.length })
    }),
  )
})

test('a file torn anywhere gives the commits before the tear and nothing else', () => {
  fc.assert(
    fc.property(fc.array(commitment, { minLength: 1, maxLength: 4 }), fc.nat(), (commits, where) => {
      const records = commits.map(encodeCommit)
      const whole = Buffer.concat(records)
      const cut = where % whole.length
      let end = 0
      const before = records.findIndex((record) => (end += record.length) > cut)
      expect(read(whole.subarray(0, cut))).toEqual(commits.slice(0, before).map(plain))
    }),
  )
})

test('a flipped bit ends the readable part, whatever the bit', () => {
  fc.assert(
    fc.property(commitment, fc.nat(), fc.integer({ min: 0, max: 7 }), (commit, where, bit) => {
      const bytes = encodeCommit(commit)
      const at = where % bytes.length
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
      expect(read(bytes)).toEqual([])
    }),
  )
})

test('a tail of zeros, as a crash of the machine leaves it, is no record', () => {
  expect(decodeSideFile(Buffer.alloc(64))).toEqual({ commits: [], bytes: 0, sealed: false })
})
