import { asyncProperty, assert } from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chargesOf } from '../charges.ts'
import { DECIMAL_DIGITS, formatDecimal, parseDecimal } from '../money.ts'
import { openPriceBook, priceBookSchema } from '../price-book.ts'
import { attr, event } from '../semconv.ts'
import { anyDelivery, type Delivery } from '../testing/deliveries.ts'
import { findDrift } from '../testing/recompute.ts'
import { logRow, type EventFacts } from '../testing/rows.ts'
import { startTestStore, type TestStore } from '../testing/store.ts'

let store: TestStore
let runs = 0
const nowMs = Date.now() - 60_000
const book = openPriceBook(
  priceBookSchema.parse({
    version: 'models-1',
    models: [{ model: 'opus-5', effectiveFrom: '2020-01-01', inputPerMillion: '3', outputPerMillion: '15' }],
  }),
)

beforeAll(async () => {
  store = await startTestStore()
})
afterAll(() => store.stop())

async function deliver({ segments, arrivals }: Delivery, tenant: string): Promise<void> {
  const rows = segments.map((facts) => facts.map((fact) => logRow({ ...fact, tenant }, book)))
  for (const segment of arrivals) {
    await store.insert('otel_logs', rows[segment] ?? [], `${tenant}-${segment}`)
  }
}

interface Cost {
  readonly fact: EventFacts
  readonly taskId: string
  readonly sku: string
  readonly costUsd: bigint
}

/** What each event costs, from the events themselves: the database takes no part. */
function costsOf(fact: EventFacts): readonly Cost[] {
  if (fact.name === event.chargeCorrected) {
    const costUsd = parseDecimal(String(fact.attributes[attr.chargeDifference]), DECIMAL_DIGITS)
    const taskId = String(fact.attributes[attr.taskId])
    return [{ fact, taskId, sku: String(fact.attributes[attr.chargeSku]), costUsd }]
  }
  if (fact.name !== event.usageMeasured && fact.name !== event.inferenceMeasured) return []
  const { charges } = chargesOf(fact.name, new Map(Object.entries(fact.attributes)), fact.timeMs, book)
  return charges.map(({ taskId, sku, costUsd }) => ({ fact, taskId, sku, costUsd }))
}

const startOf = ({ timeMs, attributes }: EventFacts): number => Number(attributes[attr.usageStart] ?? timeMs)
const textOf = (ms: number, length: number): string =>
  new Date(ms).toISOString().replace('T', ' ').slice(0, length)

/** Each cut of spend: the table that answers it, its column, and the same cut of the events. */
const cuts: readonly (readonly [table: string, column: string, of: (cost: Cost) => string])[] = [
  ['spend_by_minute', 'toString(minute)', ({ fact }) => `${textOf(startOf(fact), 16)}:00`],
  ['spend_by_hour', 'toString(hour)', ({ fact }) => `${textOf(startOf(fact), 13)}:00:00`],
  ['spend_by_day', 'toString(day)', ({ fact }) => textOf(startOf(fact), 10)],
  ...['spend_by_minute', 'spend_by_hour', 'spend_by_day'].flatMap((table) => [
    [table, 'team_id', ({ fact }: Cost) => String(fact.attributes[attr.teamId])] as const,
    [table, 'user_id', ({ fact }: Cost) => String(fact.attributes[attr.userId])] as const,
    [table, 'cost_center', ({ fact }: Cost) => String(fact.attributes[attr.costCenter])] as const,
    [table, 'sku', ({ sku }: Cost) => sku] as const,
  ]),
  ['spend_by_task', 'task_id', ({ taskId }) => taskId],
  ['spend_by_sandbox', 'sandbox_id', ({ fact }) => String(fact.attributes[attr.sandboxId])],
  ['charges', 'sku', ({ sku }) => sku],
]

function expectedCut(costs: readonly Cost[], of: (cost: Cost) => string): Readonly<Record<string, string>> {
  const sums = new Map<string, bigint>()
  for (const cost of costs) sums.set(of(cost), (sums.get(of(cost)) ?? 0n) + cost.costUsd)
  return Object.fromEntries([...sums].map(([key, sum]) => [key, formatDecimal(sum, DECIMAL_DIGITS)]))
}

async function storedCut(
  table: string,
  column: string,
  tenant: string,
): Promise<Readonly<Record<string, string>>> {
  const rows = await store.read(
    `SELECT ${column} AS key, sum(cost_usd) AS cost FROM ${table} WHERE tenant_id = '${tenant}' GROUP BY key`,
  )
  return Object.fromEntries(rows.map(({ key, cost }) => [String(key), String(cost)]))
}

it('spend is the same to the nano-USD in every cut, whatever is resent, reordered, late or corrected', async () => {
  await assert(
    asyncProperty(anyDelivery(nowMs), async (delivery) => {
      runs += 1
      const tenant = `tenant_${runs}`
      await deliver(delivery, tenant)
      const costs = delivery.segments.flat().flatMap(costsOf)
      for (const [table, column, of] of cuts) {
        expect([table, column, await storedCut(table, column, tenant)]).toEqual([
          table,
          column,
          expectedCut(costs, of),
        ])
      }
    }),
    { numRuns: 10 },
  )
}, 180_000)

it('every table behind a view equals what its views make of all that is stored', async () => {
  expect(runs).toBeGreaterThanOrEqual(10)
  expect(await findDrift(store)).toEqual([])
}, 120_000)
