import { randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFingerprint } from './fingerprint.ts'
import { KeySet } from './key-set.ts'
import { KeyWindow } from './key-window.ts'
import { ResendRegistry } from './registry.ts'

const key = (name: string): Buffer => Buffer.alloc(16, `${name}.`)

function createWindow(keysMax = 1_000_000): {
  window: KeyWindow
  clock: { atMs: number }
  forgotten: number[]
} {
  const clock = { atMs: 0 }
  const forgotten: number[] = []
  const window = new KeyWindow({
    clock: { nowMs: () => clock.atMs, elapsedMs: () => clock.atMs },
    windowMs: 900_000,
    keysMax,
    onShortened: (count) => forgotten.push(count),
  })
  return { window, clock, forgotten }
}

test('the key set holds exactly what was put in, as a JavaScript Set does', () => {
  const some = fc.uint8Array({ minLength: 16, maxLength: 16, max: 3 })
  fc.assert(
    fc.property(fc.array(some, { maxLength: 3_000 }), fc.array(some), (added, asked) => {
      const set = new KeySet()
      const model = new Set<string>()
      for (const one of added) {
        set.add(one)
        model.add(Buffer.from(one).toString('hex'))
      }
      for (const one of [...added, ...asked]) {
        expect(set.has(one)).toBe(model.has(Buffer.from(one).toString('hex')))
      }
      expect(set.size).toBe(model.size)
    }),
    { numRuns: 30 },
  )
})

test('a million keys are found again and take little memory', () => {
  const set = new KeySet()
  const before = process.memoryUsage().arrayBuffers
  const keys = randomBytes(16 * 1_000_000)
  for (let i = 0; i < 1_000_000; i += 1) set.add(keys.subarray(i * 16, i * 16 + 16))
  expect(set.size).toBe(1_000_000)
  for (let i = 0; i < 1_000_000; i += 997) expect(set.has(keys.subarray(i * 16, i * 16 + 16))).toBe(true)
  for (let i = 0; i < 1_000; i += 1) expect(set.has(randomBytes(16))).toBe(false)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(80_000_000)
})

test('a key is known for the whole window, whenever it came, and is forgotten afterwards', () => {
  const { window, clock } = createWindow()
  for (let minute = 0; minute < 60; minute += 1) {
    clock.atMs = minute * 60_000
    window.add(key(`${minute}`))
    for (let age = 0; age <= Math.min(15, minute); age += 1)
      expect(window.has(key(`${minute - age}`))).toBe(true)
    expect(window.has(key(`${minute - 21}`)), 'forgotten, or never there').toBe(false)
  }
})

test('beyond its size the window forgets the oldest keys, and says how many', () => {
  const { window, clock, forgotten } = createWindow(100)
  for (let i = 0; i < 50; i += 1) window.add(key(`a${i}`))
  clock.atMs = 300_000
  for (let i = 0; i < 60; i += 1) window.add(key(`b${i}`))
  expect(forgotten).toEqual([25])
  expect([window.has(key('a0')), window.has(key('b0'))]).toEqual([false, true])
})

test('a window that fills up within one turn forgets the oldest keys only, and never those that just came', () => {
  const keysMax = 400
  const { window, forgotten } = createWindow(keysMax)
  const keys = Array.from({ length: 2 * keysMax }, () => randomBytes(16))
  let missing = 0
  for (const [i, one] of keys.entries()) {
    window.add(one)
    const recent = keys.slice(Math.max(0, i + 1 - keysMax / 2), i + 1)
    missing += recent.filter((k) => !window.has(k)).length
  }
  expect(missing, 'of the half that came last, at any time').toBe(0)
  expect(window.size).toBeLessThanOrEqual(keysMax)
  expect(Math.max(...forgotten)).toBe(keysMax / 4)
})

test('while logs are still being read, a key that none told yet is undecided, and looking claims nothing', () => {
  const registry = new ResendRegistry(createWindow().window)
  registry.settle([key('found')], true)
  expect([registry.look(key('found')), registry.look(key('other'))]).toEqual(['durable', 'pending'])
  expect(registry.claim(key('other'), 1)).toBe('new')
})

test('a request is new once; under way it is pending; on disk it is durable; failed it may come again', () => {
  const registry = new ResendRegistry(createWindow().window)
  expect(registry.claim(key('x'), 1)).toBe('new')
  expect(registry.claim(key('x'), 1)).toBe('pending')
  registry.settle([key('x')], false)
  expect(registry.claim(key('x'), 2)).toBe('new')
  registry.settle([key('x')], true)
  expect(registry.claim(key('x'), 1)).toBe('durable')
})

test('what a dead worker had claimed is released, unless its log proves it durable', () => {
  const registry = new ResendRegistry(createWindow().window)
  for (const name of ['stored', 'lost']) registry.claim(key(name), 1)
  registry.claim(key('other'), 2)
  registry.settle([key('stored')], true)
  registry.release(1)
  expect(registry.claim(key('stored'), 3)).toBe('durable')
  expect(registry.claim(key('lost'), 3)).toBe('new')
  expect(registry.claim(key('other'), 3)).toBe('pending')
})

test('the same request has the same key, also after a restart; anything else has another', () => {
  const secret = randomBytes(16)
  const fingerprint = createFingerprint(secret)
  for (const size of [0, 1, 1_000, 4 * 1024, 4 * 1024 + 1, 300_000]) {
    const body = randomBytes(size)
    const keyOf = (tenant: string, signal: string, encoding: string, bytes: Buffer): string =>
      Buffer.from(fingerprint(tenant, signal, encoding, bytes)).toString('hex')
    const first = keyOf('a', 'traces', 'protobuf', body)
    expect(Buffer.from(createFingerprint(secret)('a', 'traces', 'protobuf', body)).toString('hex')).toBe(
      first,
    )
    const changed = Buffer.from(body)
    if (size > 0) changed[size - 1] = (changed[size - 1] ?? 0) ^ 1
    const others = [
      keyOf('b', 'traces', 'protobuf', body),
      keyOf('a', 'logs', 'protobuf', body),
      keyOf('a', 'traces', 'json', body),
      keyOf('a', 'traces', 'protobuf', Buffer.concat([body, Buffer.alloc(1)])),
      ...(size > 0 ? [keyOf('a', 'traces', 'protobuf', changed)] : []),
    ]
    expect(new Set([first, ...others]).size).toBe(others.length + 1)
  }
})
