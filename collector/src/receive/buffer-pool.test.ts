import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBufferPool } from './buffer-pool.ts'

test('no two holders ever share memory, whatever the order of taking and giving', () => {
  const step = fc.record({ bytes: fc.integer({ min: 0, max: 6_000_000 }), gives: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const pool = createBufferPool()
      const held = new Map<number, Buffer>()
      for (const [i, { bytes, gives }] of steps.entries()) {
        const buffer = pool.take(bytes)
        expect(buffer.length).toBeGreaterThanOrEqual(bytes)
        if (buffer.length > 0) buffer[0] = i
        held.set(i, buffer)
        const [oldest] = held
        if (gives && oldest !== undefined) {
          held.delete(oldest[0])
          pool.give(oldest[1])
        }
        const marks = [...held].filter(([, b]) => b.length > 0).map(([mark, b]) => b[0] === mark)
        expect(marks).not.toContain(false)
      }
    }),
    { numRuns: 50 },
  )
})

test('a buffer that was given back is used again, and one of Node’s own pool never is', () => {
  const pool = createBufferPool()
  const first = pool.take(200_000)
  pool.give(first)
  expect(pool.take(150_000)).toBe(first)
  const small = pool.take(100)
  pool.give(small)
  expect(pool.take(100)).not.toBe(small)
})

test('what is kept unused is bounded', () => {
  const pool = createBufferPool()
  const buffers = Array.from({ length: 20 }, () => pool.take(4 * 1024 * 1024))
  for (const buffer of buffers) pool.give(buffer)
  const again = new Set(Array.from({ length: 20 }, () => pool.take(4 * 1024 * 1024)))
  expect(buffers.filter((buffer) => again.has(buffer))).toHaveLength(8)
})
