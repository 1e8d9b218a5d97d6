import { budgetsSchema } from '@sandglass/schemas/budgets'
import { openPriceBook } from '@sandglass/schemas/price-book'
import { attr, event } from '@sandglass/schemas/semconv'
import { logRow, type Row } from '@sandglass/schemas/testing/rows'
import { startTestStore, type TestStore } from '@sandglass/schemas/testing/store'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rulesOf, type Rule } from '../rules.ts'
import { contextOf, seed, started, usage, type Work } from '../testing/seed.ts'
import { runBacktest } from './backtest.ts'
import { replay, type Minute } from './replay.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** Noon of yesterday, UTC. */
const NOON_MS = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS / 2
const range = { fromMs: NOON_MS, toMs: NOON_MS + 60 * MINUTE_MS }
const book = openPriceBook()

const documentOf = (over: object = {}) =>
  budgetsSchema.parse({
    version: 1,
    budgets: [
      {
        id: 'b',
        scope: { team: '*' },
        metric: 'cpu_seconds',
        dwell: '5m',
        limits: [{ amount: 10, window: { kind: 'rolling', length: '10m' } }],
        ...over,
      },
    ],
  })

function ruleOf(over: object = {}): Rule {
  const [rule] = rulesOf(documentOf(over))
  if (rule === undefined) throw new Error('no rule')
  return rule
}

const minute = (index: number, amount: number): Minute => ({
  startMs: NOON_MS + index * MINUTE_MS,
  amount: String(amount),
  costUsd: String(amount),
})

test('spend that a suspension prevents is saved, and counts toward no later window', () => {
  const minutes = Array.from({ length: 60 }, (_, index) => minute(index, 5))
  const { turns, suspended, savedUsd } = replay(ruleOf(), 'team=t', minutes, range)
  expect(turns[0]).toMatchObject({ atMs: NOON_MS + 2 * MINUTE_MS, from: 'ok', to: 'suspend', spend: '10' })
  expect(turns[1]).toMatchObject({ from: 'suspend', to: 'ok' })
  const stoppedMs = suspended.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)
  expect(Number(savedUsd)).toBe((5 * stoppedMs) / MINUTE_MS)
})

test('what was spent before the range counts toward its first window', () => {
  const { turns } = replay(ruleOf(), 'team=t', [minute(-3, 9), minute(0, 1)], range)
  expect(turns[0]).toMatchObject({ atMs: NOON_MS + MINUTE_MS, to: 'suspend', spend: '10' })
})

test('spent and saved are all there was, and never more than the limit and one minute are spent in a window', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(6), { minLength: 60, maxLength: 60 }), (amounts) => {
      const minutes = amounts.map((amount, index) => minute(index, amount))
      const { savedUsd, suspended } = replay(ruleOf(), 'team=t', minutes, range)
      const inside = (startMs: number) =>
        suspended.some(({ fromMs, toMs }) => fromMs <= startMs && startMs < toMs)
      const spent = minutes.filter(({ startMs }) => !inside(startMs))
      const sum = (list: readonly Minute[]) => list.reduce((total, { amount }) => total + Number(amount), 0)
      expect(sum(spent) + Number(savedUsd)).toBe(sum(minutes))
      for (const { startMs } of minutes) {
        const window = spent.filter(
          (each) => each.startMs <= startMs && each.startMs > startMs - 10 * MINUTE_MS,
        )
        expect(sum(window)).toBeLessThan(10 + 6)
      }
    }),
    { numRuns: 200 },
  )
})

let store: TestStore
beforeAll(async () => {
  store = await startTestStore()
})
afterAll(async () => {
  await store.stop()
})

function finished(work: Work, outcome: string, timeMs: number): Row {
  const attributes = { ...contextOf(work), [attr.taskOutcome]: outcome, [attr.taskOutcomeSource]: 'test' }
  return logRow({ name: event.taskFinished, timeMs, attributes }, book)
}

test('over real history it says when it would have acted, what it saves, and which successes it would have stopped', async () => {
  const good: Work = { team: 'growth', task: 'good', sandbox: 's1' }
  const bad: Work = { team: 'growth', task: 'bad', sandbox: 's2' }
  const calm: Work = { team: 'calm', task: 'calm', sandbox: 's3' }
  await seed(store, [
    ...[good, bad, calm].map((work) => started(work, NOON_MS)),
    ...[1, 2, 3, 4, 5, 6].map((at) => usage(good, 4, NOON_MS + at * MINUTE_MS - 1000)),
    usage(calm, 4, NOON_MS + MINUTE_MS),
    finished(good, 'success', NOON_MS + 10 * MINUTE_MS),
    finished(bad, 'failure', NOON_MS + 10 * MINUTE_MS),
    finished(calm, 'success', NOON_MS + 10 * MINUTE_MS),
  ])
  const { results, skipped } = await runBacktest(store.client, 'default', documentOf(), range, Date.now())
  expect(skipped).toEqual([])
  expect(results.map(({ scope }) => scope)).toEqual(['team=growth'])
  expect(results[0]).toMatchObject({ tasksStopped: 2, successesStopped: 1 })
  expect(results[0]?.turns.slice(0, 2)).toMatchObject([
    { atMs: NOON_MS + 2 * MINUTE_MS, to: 'warn', spend: '8' },
    { atMs: NOON_MS + 3 * MINUTE_MS, to: 'suspend', spend: '12' },
  ])
  const [row] = await store.read(
    `SELECT toString(sum(cost_usd)) AS usd FROM charges WHERE team_id = 'growth'
      AND charge_period_start >= fromUnixTimestamp64Milli(${NOON_MS + 3 * MINUTE_MS})`,
  )
  expect(results[0]?.savedUsd).toBe(row?.['usd'])
})

test('what history cannot answer is skipped with its reason, and a range that cannot be replayed is refused', async () => {
  const executions = documentOf({ metric: 'executions' })
  const { results, skipped } = await runBacktest(store.client, 'default', executions, range, Date.now())
  expect(results).toEqual([])
  expect(skipped[0]?.reason).toMatch(/not kept by the minute/)
  const run = async (over: object) =>
    runBacktest(store.client, 'default', documentOf(), { ...range, ...over }, Date.now())
  await expect(run({ toMs: range.fromMs })).rejects.toThrow(/before it begins/)
  await expect(run({ toMs: Date.now() + DAY_MS })).rejects.toThrow(/still to come/)
  await expect(run({ fromMs: NOON_MS - 90 * DAY_MS })).rejects.toThrow(/longer than 60 days/)
})
