import { afterEach, expect, test } from 'vitest'
import { createClock } from '../clock.ts'
import { poll } from '../testing/test-collector.ts'
import type { SealedSegment } from '../wal/segment.ts'
import { backoffMs, insertPatienceMs } from './backoff.ts'
import { Shipper, type ShipOutcome } from './shipper.ts'

const segment = (id: string, table: SealedSegment['table'] = 'otel_traces'): SealedSegment => ({
  id,
  table,
  directory: '/nowhere',
  ranges: [],
  bytes: 1,
  rows: 1,
  firstCommitAtMs: 0,
  tenants: [],
  recovered: false,
})

interface Harness {
  readonly shipper: Shipper
  readonly attempts: string[]
  readonly stored: string[]
}

let shipper: Shipper | undefined
afterEach(() => shipper?.stop(0))

function createHarness(attempt: (id: string, attempt: number) => Promise<ShipOutcome>): Harness {
  const attempts: string[] = []
  const stored: string[] = []
  shipper = new Shipper({
    clock: createClock(),
    random: () => 0,
    insertsMax: 2,
    attempt: ({ id }, count) => {
      attempts.push(id)
      return attempt(id, count)
    },
    onStored: async ({ id }) => {
      stored.push(id)
    },
  })
  return { shipper, attempts, stored }
}

const STORED: ShipOutcome = { stored: true }
const FAILED: ShipOutcome = { stored: false }

test('a segment that fails is tried until it is stored, and told as stored once', async () => {
  const { shipper, attempts, stored } = createHarness(async (_, count) => (count < 4 ? FAILED : STORED))
  shipper.enqueue(segment('a'))
  await poll(
    async () => stored.length,
    (count) => count > 0,
  )
  expect([attempts, stored]).toEqual([['a', 'a', 'a', 'a'], ['a']])
  expect(shipper.idle).toBe(true)
})

test('segments that cannot pass hold no other up', async () => {
  const stuck = new Set(['x', 'y', 'z'])
  const { shipper, stored } = createHarness(async (id) => (stuck.has(id) ? FAILED : STORED))
  for (const id of ['x', 'y', 'z', 'a', 'b', 'c']) shipper.enqueue(segment(id))
  await poll(
    async () => stored.length,
    (count) => count === 3,
  )
  expect(stored).toEqual(['a', 'b', 'c'])
})

test('a table that is refused is to be sealed no more for now; another table is, and so is one that waits for a view', async () => {
  const { shipper, attempts } = createHarness(async (id) =>
    id.startsWith('waits') ? { stored: false, waitMs: 60_000 } : FAILED,
  )
  shipper.enqueue(segment('refused', 'otel_logs'))
  for (const id of ['waits-1', 'waits-2']) shipper.enqueue(segment(id))
  await poll(
    async () => attempts.length,
    (count) => count >= 4,
  )
  const tables = ['otel_logs', 'otel_traces', 'otel_metrics'] as const
  expect(tables.map((table) => shipper.hasRoomFor(table))).toEqual([false, true, true])
})

test('a table has room until as many of its segments are on their way as may be', async () => {
  const { shipper } = createHarness(() => new Promise(() => undefined))
  expect(shipper.hasRoomFor('otel_traces')).toBe(true)
  shipper.enqueue(segment('a'))
  expect(shipper.hasRoomFor('otel_traces')).toBe(true)
  shipper.enqueue(segment('b'))
  expect([shipper.hasRoomFor('otel_traces'), shipper.hasRoomFor('otel_logs')]).toEqual([false, true])
})

test('while nothing passes, attempts become rare instead of going through the whole backlog', async () => {
  const { shipper, attempts } = createHarness(async () => FAILED)
  for (let i = 0; i < 500; i += 1) shipper.enqueue(segment(`s${i}`))
  const startedAtMs = performance.now()
  await poll(
    async () => performance.now() - startedAtMs,
    (ms) => ms > 1_000,
  )
  expect(attempts.length).toBeGreaterThan(2)
  expect(attempts.length).toBeLessThan(20)
})

test('stopping waits for what can be stored, and not beyond its deadline for what cannot', async () => {
  const { shipper, stored } = createHarness(async (id, count) =>
    id === 'never' || count < 2 ? FAILED : STORED,
  )
  shipper.enqueue(segment('soon'))
  await shipper.stop(5_000)
  expect(stored).toEqual(['soon'])
  const other = createHarness(async () => FAILED)
  other.shipper.enqueue(segment('never'))
  const startedAtMs = performance.now()
  await other.shipper.stop(200)
  expect(performance.now() - startedAtMs).toBeLessThan(2_000)
  expect(other.shipper.idle).toBe(false)
})

test('waits double up to a limit, and the patience for an insert grows beyond any that is slow', () => {
  expect([1, 2, 3, 50].map((attempts) => backoffMs(attempts, 1))).toEqual([100, 200, 400, 5_000])
  expect(backoffMs(3, 0)).toBe(200)
  expect([1, 2, 9].map((attempt) => insertPatienceMs(attempt, 600_000))).toEqual([30_000, 60_000, 600_000])
})
