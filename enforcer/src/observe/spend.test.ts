import { budgetsSchema } from '@sandglass/schemas/budgets'
import { parseAmount } from '@sandglass/schemas/budgets/amount'
import { startTestStore, type TestStore } from '@sandglass/schemas/testing/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rulesOf, type Rule } from '../rules.ts'
import { createSpendReader, type ReadSpend } from './spend.ts'
import { answered, running, seed, started, usage } from '../testing/seed.ts'
import { boundsOf } from './window.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Noon of yesterday, UTC: a fixed date would one day be past its retention. */
const NOON_MS = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS / 2
let store: TestStore
let read: ReadSpend

beforeAll(async () => {
  store = await startTestStore()
  read = createSpendReader(store.client, 'default')
  const growth = { team: 'growth', task: 't2', sandbox: 's2', user: 'u2', tier: 'C' } as const
  await seed(store, [
    usage({ team: 'payments' }, 10, NOON_MS - 60_000),
    usage({ team: 'payments', task: 't3' }, 5, NOON_MS - 3 * HOUR_MS),
    usage({ team: 'payments' }, 100, NOON_MS - 17.5 * HOUR_MS),
    usage(growth, 7, NOON_MS - 30 * 60_000),
    started({ team: 'payments' }, NOON_MS - 60_000),
    started({ team: 'payments', task: 't3' }, NOON_MS - 3 * HOUR_MS),
    started(growth, NOON_MS - 26 * HOUR_MS),
    running({ team: 'ops', task: 't9', sandbox: 's9' }, Date.now() - 1000),
    answered({ team: 'payments' }, 1000, 200, NOON_MS - 60_000),
    answered(growth, 10, 5, NOON_MS - 60_000),
  ])
})
afterAll(async () => {
  await store.stop()
})

function ruleOf(scope: object, metric: string, window: object): Rule {
  const budgets = [
    {
      id: 'b',
      scope,
      metric,
      limits: [{ amount: 1, window }],
      thresholds: { warn: { enter: 80, exit: 75 } },
    },
  ]
  const [rule] = rulesOf(budgetsSchema.parse({ version: 1, budgets }))
  if (rule === undefined) throw new Error('no rule')
  return rule
}

async function spendOf(scope: object, metric: string, window: object): Promise<Record<string, number>> {
  const rule = ruleOf(scope, metric, window)
  const { spends } = await read(rule, boundsOf(rule.window, NOON_MS))
  return Object.fromEntries(
    [...spends].map(([key, { amount }]) => [key, Number(parseAmount(amount) ?? 0n) / 1e12]),
  )
}

const today = { kind: 'calendar', unit: 'day', timeZone: 'UTC' }
const kathmandu = { kind: 'calendar', unit: 'day', timeZone: 'Asia/Kathmandu' }
const lastHour = { kind: 'rolling', length: '1h' }
const everything = { kind: 'lifetime' }

test.each([
  [{ team: '*' }, 'cpu_seconds', today, { 'team=growth': 7, 'team=payments': 15 }],
  [{ team: '*' }, 'cpu_seconds', kathmandu, { 'team=growth': 7, 'team=payments': 115 }],
  [{ team: '*' }, 'cpu_seconds', lastHour, { 'team=growth': 7, 'team=payments': 10 }],
  [{ team: 'payments' }, 'cpu_seconds', everything, { 'team=payments': 115 }],
  [
    { team: 'payments', task: '*' },
    'cpu_seconds',
    today,
    { 'task=t1&team=payments': 10, 'task=t3&team=payments': 5 },
  ],
  [{ task: '*' }, 'cpu_seconds', everything, { 'task=t1': 110, 'task=t2': 7, 'task=t3': 5 }],
  [{ sandbox: '*', tier: 'C' }, 'cpu_seconds', today, { 'sandbox=s2&tier=C': 7 }],
  [{}, 'cpu_seconds', today, { '*': 22 }],
  [{ org: 'default' }, 'egress', today, { 'org=default': 6 }],
  [{ user: '*' }, 'tokens', today, { 'user=u1': 1200, 'user=u2': 15 }],
  [{ team: '*' }, 'executions', today, { 'team=payments': 2 }],
  [{ team: 'ops', tier: '*' }, 'sandboxes', { kind: 'instant' }, { 'team=ops&tier=B': 1 }],
])('spend of %j in %s over %j is exact', async (scope, metric, window, expected) => {
  expect(await spendOf(scope, metric, window)).toEqual(expected)
})

test('cost is the exact sum of charges', async () => {
  const [row] = await store.read(
    `SELECT toString(sum(cost_usd)) AS amount FROM charges WHERE team_id = 'growth'`,
  )
  const rule = ruleOf({ team: 'growth' }, 'cost', today)
  const { spends } = await read(rule, boundsOf(rule.window, NOON_MS))
  expect(spends.get('team=growth')?.amount).toBe(row?.['amount'])
})

test('another tenant sees nothing', async () => {
  const rule = ruleOf({ team: '*' }, 'cost', everything)
  const { spends } = await createSpendReader(store.client, 'other')(rule, boundsOf(rule.window, NOON_MS))
  expect(spends.size).toBe(0)
})
