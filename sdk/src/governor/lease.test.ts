import type { LeaseReply } from '@sandglass/schemas/governor/lease'
import { attr, event } from '@sandglass/schemas/semconv'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLeases } from './lease-client.ts'
import { SandglassLeases } from './lease-object.ts'
import { createMemoryStorage } from './testing/memory-storage.ts'
import { startTestWorker, type TestWorker } from './testing/worker.ts'

let worker: TestWorker
beforeAll(async () => {
  worker = await startTestWorker()
})
afterAll(async () => {
  await worker.stop()
})

const HOUR_MS = 3_600_000

/** The Durable Object's own class on storage in memory, with a clock that the test moves; `restart` forgets all but storage. */
function setUp() {
  const clock = { nowMs: 1_000_000 }
  const storage = createMemoryStorage()
  const create = () => new SandglassLeases({ storage }, undefined, () => clock.nowMs)
  let object = create()
  const events: string[] = []
  const expired = new Set<string>()
  const leases = openLeases({
    namespace: {
      idFromName: (name) => name,
      get: () => ({ fetch: async (request) => object.fetch(request) }),
    },
    budget: 'b',
    scope: 'team=t',
    emit: (name, attributes) => {
      events.push(name)
      if (name === event.leaseExpired) expired.add(String(attributes[attr.leaseId]))
    },
  })
  return { leases, clock, events, expired, restart: () => void (object = create()) }
}

type Step =
  | { readonly kind: 'reserve'; readonly lease: number; readonly amount: number; readonly ttlMs: number }
  | { readonly kind: 'settle'; readonly lease: number; readonly share: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'restart' }

const lease = fc.nat(12)
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('reserve' as const),
    lease,
    amount: fc.integer({ min: 1, max: 40 }),
    ttlMs: fc.integer({ min: 1, max: 5000 }),
  }),
  fc.record({ kind: fc.constant('settle' as const), lease, share: fc.nat(100) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: -2000, max: 4000 }) }),
  fc.record({ kind: fc.constant('restart' as const) }),
)

test('over clock jumps, lost and doubled calls and restarts: never beyond the limit, and no phantom spend', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 60 }), async (steps) => {
      const { leases, clock, expired, restart } = setUp()
      await leases.setLimit({ limit: '100', windowStartMs: 0 })
      const amounts = new Map<string, number>()
      const settled = new Map<string, number>()
      for (const step of steps) {
        if (step.kind === 'wait') clock.nowMs += step.ms
        if (step.kind === 'restart') restart()
        if (step.kind === 'reserve') {
          const id = `l${step.lease}`
          const reply = await leases.reserve(id, BigInt(step.amount), step.ttlMs)
          if (reply.result === 'granted' && !amounts.has(id)) amounts.set(id, step.amount)
        }
        if (step.kind === 'settle') {
          const id = `l${step.lease}`
          const actual = Math.floor(((amounts.get(id) ?? 0) * step.share) / 100)
          await leases.settle(id, BigInt(actual))
          await leases.settle(id, 99_999n)
          if (amounts.has(id) && !settled.has(id)) settled.set(id, actual)
        }
        const { spent, outstanding } = await leases.balance()
        expect(Number(spent)).toBe([...settled.values()].reduce((sum, actual) => sum + actual, 0))
        // Only what ran out and was settled late may lie beyond the limit: it was spent, and nothing held it any more.
        const late = [...settled]
          .filter(([id]) => expired.has(id))
          .reduce((sum, [, actual]) => sum + actual, 0)
        expect(Number(spent) + Number(outstanding)).toBeLessThanOrEqual(100 + late)
      }
      clock.nowMs += HOUR_MS * 24
      expect(await leases.balance()).toMatchObject({ outstanding: '0' })
    }),
    { numRuns: 200 },
  )
})

test('a grant fits into what neither is spent nor held, to the nano-dollar', async () => {
  const { leases } = setUp()
  await leases.setLimit({ limit: '100', windowStartMs: 0 })
  expect(await leases.reserve('a', 60n, 1000)).toMatchObject({ result: 'granted', outstanding: '60' })
  expect(await leases.reserve('b', 41n, 1000)).toMatchObject({ result: 'over_limit', outstanding: '60' })
  expect(await leases.reserve('b', 40n, 1000)).toMatchObject({ result: 'granted', outstanding: '100' })
  expect(await leases.settle('a', 10n)).toMatchObject({ result: 'settled', spent: '10', outstanding: '40' })
  expect(await leases.reserve('c', 50n, 1000)).toMatchObject({ result: 'granted' })
})

test('a repeated reservation is the same lease, and holds once', async () => {
  const { leases, clock } = setUp()
  await leases.setLimit({ limit: '100', windowStartMs: 0 })
  const first = await leases.reserve('a', 60n, 1000)
  clock.nowMs += 500
  expect(await leases.reserve('a', 60n, 1000)).toMatchObject({ ...first, added: [] })
})

test('a hold that nobody settles ends by itself, and its lines are recorded', async () => {
  const { leases, clock, events } = setUp()
  await leases.setLimit({ limit: '100', windowStartMs: 0 })
  await leases.reserve('a', 100n, 1000)
  clock.nowMs += 1000
  expect(await leases.reserve('b', 100n, 1000)).toMatchObject({ result: 'granted' })
  await leases.settle('a', 30n)
  expect(await leases.balance()).toMatchObject({ spent: '30', outstanding: '100' })
  expect(events.map((name) => name.split('.').at(-1))).toEqual(['granted', 'expired', 'granted', 'settled'])
})

test('nothing is granted before a limit is set, and a new window begins empty', async () => {
  const { leases } = setUp()
  expect(await leases.reserve('a', 1n, 1000)).toMatchObject({ result: 'no_limit' })
  await leases.setLimit({ limit: '10', windowStartMs: 0 })
  await leases.reserve('a', 10n, 1000)
  await leases.settle('a', 10n)
  expect(await leases.reserve('b', 1n, 1000)).toMatchObject({ result: 'over_limit' })
  await leases.setLimit({ limit: '10', windowStartMs: HOUR_MS })
  expect(await leases.reserve('b', 10n, 1000)).toMatchObject({ result: 'granted', spent: '0' })
})

test('what was granted before the window changed is settled in its own window, once', async () => {
  const { leases, clock, events } = setUp()
  await leases.setLimit({ limit: '100', windowStartMs: 0 })
  await leases.reserve('a', 80n, 1000)
  await leases.setLimit({ limit: '50', windowStartMs: HOUR_MS })
  clock.nowMs += 2000
  expect(await leases.settle('a', 70n)).toMatchObject({ result: 'settled', spent: '70', limit: '100' })
  expect(await leases.settle('a', 10n)).toMatchObject({ result: 'settled', spent: '70', added: [] })
  expect(await leases.balance()).toMatchObject({ spent: '0', limit: '50' })
  expect(await leases.settle('never granted', 1n)).toMatchObject({ result: 'unknown_lease' })
  expect(events.map((name) => name.split('.').at(-1))).toEqual(['granted', 'expired', 'settled'])
})

test('on workerd, many at once are never granted more than the limit', async () => {
  const call = async (body: object): Promise<LeaseReply> => worker.lease(body)
  await call({ operation: 'limit', value: { limit: '100', windowStartMs: 0 } })
  const replies = await Promise.all(
    Array.from({ length: 30 }, async (_, index) =>
      call({ operation: 'reserve', leaseId: `l${index}`, amount: '10', ttlMs: 60_000 }),
    ),
  )
  expect(replies.filter(({ result }) => result === 'granted')).toHaveLength(10)
  expect(await call({ operation: 'balance' })).toMatchObject({ outstanding: '100', spent: '0' })
})

test('a second settling adds no line, so that nothing is recorded twice', async () => {
  const { leases } = setUp()
  await leases.setLimit({ limit: '100', windowStartMs: 0 })
  await leases.reserve('a', 60n, 1000)
  expect((await leases.settle('a', 10n)).added).toHaveLength(1)
  expect(await leases.settle('a', 20n)).toMatchObject({ result: 'settled', spent: '10', added: [] })
})

test('calls that overlap see each other: the ledger takes turns by itself', async () => {
  const { leases } = setUp()
  await leases.setLimit({ limit: '100', windowStartMs: 0 })
  const replies = await Promise.all(
    Array.from({ length: 30 }, async (_, index) => leases.reserve(`l${index}`, 10n, 1000)),
  )
  expect(replies.filter(({ result }) => result === 'granted')).toHaveLength(10)
})
