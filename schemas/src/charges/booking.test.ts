import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { closeMonth, monthSpendQuery } from './close.ts'
import { focusQuery } from './focus.ts'
import { DECIMAL_DIGITS, formatDecimal, parseDecimal } from '../money.ts'
import { editionAt, openPriceBook } from '../price-book.ts'
import { attr, event } from '../semconv.ts'
import { logRow, type Row } from '../testing/rows.ts'
import { startTestStore, type TestStore } from '../testing/store.ts'

/** Months are closed while charges of any age still come. */
const months = ['2026-06', '2026-07', '2026-08', '2026-09'] as const
const startOf = (month: string): number => Date.parse(`${month}-01T00:00:00Z`)
const endMs = startOf('2026-10')
const DAY_MS = 86_400_000
const book = openPriceBook()

let store: TestStore
let runs = 0
beforeAll(async () => {
  store = await startTestStore()
})
afterAll(() => store.stop())

interface Arrival {
  /** When the interval began and when the collector took it, Unix time in ms. */
  readonly periodMs: number
  readonly ingestedMs: number
  readonly team: string
  readonly cpuS: number
}

/** Half of what comes is on time, half is up to three months late. */
const arrival = fc
  .record({
    at: fc.integer({ min: startOf(months[0]), max: endMs - 1 }),
    lateMs: fc.oneof(fc.nat(60_000), fc.nat(90 * DAY_MS)),
    team: fc.constantFrom('', 'a', 'b', 'c'),
    cpuS: fc.double({ min: 0, max: 5e4, noNaN: true }),
  })
  .map(({ at, lateMs, team, cpuS }): Arrival => ({ periodMs: at, ingestedMs: at + lateMs, team, cpuS }))

function toRow({ periodMs, ingestedMs, team, cpuS }: Arrival, index: number, tenant: string): Row {
  const attributes = {
    [attr.teamId]: team,
    [attr.sandboxId]: `s_${index % 3}`,
    [attr.sandboxGeneration]: 1,
    [attr.usageSequence]: index,
    [attr.cpuTime]: cpuS,
    [attr.usageStart]: periodMs,
    [attr.usageEnd]: periodMs + 10,
  }
  return {
    ...logRow({ name: event.usageMeasured, timeMs: periodMs, tenant, attributes }, book),
    IngestedAt: new Date(ingestedMs).toISOString().replace('T', ' ').replace('Z', ''),
  }
}

/** As the command does: lines, then the event that ends them. */
async function close(month: string, cutoffMs: number, tenant: string) {
  const result = await store.client.query({
    query: monthSpendQuery,
    query_params: { tenant, month: `${month}-01`, cutoffMs },
    format: 'JSONEachRow',
  })
  const spend = (await result.json<Record<string, string>>()).map((row) => ({
    teamId: row['team_id'] ?? '',
    sku: row['sku'] ?? '',
    quantity: parseDecimal(row['quantity'] ?? '', DECIMAL_DIGITS),
    listCost: parseDecimal(row['cost_usd'] ?? '', DECIMAL_DIGITS),
  }))
  const lines = closeMonth(spend, editionAt(book, startOf(month)))
  const head = { [attr.closeId]: `close-${month}`, [attr.closeMonth]: month }
  const decimal = (value: bigint): string => formatDecimal(value, DECIMAL_DIGITS)
  const events = [
    ...lines.map((line) => ({
      name: event.monthLineClosed,
      attributes: {
        ...head,
        [attr.teamId]: line.teamId,
        [attr.chargeSku]: line.sku,
        [attr.closeQuantity]: decimal(line.quantity),
        [attr.closeListCost]: decimal(line.listCost),
        [attr.closeEffectiveCost]: decimal(line.effectiveCost),
        [attr.closeSharedCost]: decimal(line.sharedCost),
      },
    })),
    {
      name: event.monthClosed,
      attributes: { ...head, [attr.closeCutoff]: cutoffMs, [attr.closeLines]: lines.length },
    },
  ]
  const rows = events.map((each) => logRow({ ...each, timeMs: cutoffMs, tenant }, book))
  await store.insert('otel_logs', rows, `${tenant}-close-${month}`)
  return lines
}

async function focus(tenant: string, fromMs: number, toMs: number): Promise<string> {
  const { query, params } = focusQuery({ tenant, fromMs, toMs })
  const result = await store.client.query({ query, query_params: params, format: 'CSVWithNames' })
  return result.text()
}

/** Sum of a column of the file, in 1e-12. */
function sumOf(csv: string, column: string): bigint {
  const [head = '', ...lines] = csv.trim().split('\n')
  const at = head.split(',').indexOf(`"${column}"`)
  return lines.reduce((sum, line) => sum + parseDecimal(line.split(',')[at] ?? '', DECIMAL_DIGITS), 0n)
}

const total = async (tenant: string): Promise<bigint> => {
  const [row] = await store.read(
    `SELECT sum(cost_usd) AS usd FROM spend_by_day AS s WHERE tenant_id = '${tenant}'`,
  )
  return parseDecimal(String(row?.['usd']), DECIMAL_DIGITS)
}

it('a closed month never changes, and nothing that comes later is lost or booked twice', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(arrival, { minLength: 5, maxLength: 40 }),
      fc.array(fc.nat(20 * DAY_MS), { minLength: months.length, maxLength: months.length }),
      async (arrivals, delays) => {
        runs += 1
        const tenant = `tenant_${runs}`
        const rows = arrivals.map((each, index) => ({ each, row: toRow(each, index, tenant) }))
        const cutoffs = months.map((month, index) => ({
          month,
          cutoffMs: (startOf(months[index + 1] ?? '2026-10') || endMs) + (delays[index] ?? 0),
        }))
        const frozen = new Map<string, string>()
        let knownMs = 0
        const ingest = async (untilMs: number): Promise<void> => {
          const came = rows.filter(({ each }) => each.ingestedMs >= knownMs && each.ingestedMs < untilMs)
          if (came.length > 0) {
            const token = `${tenant}-until-${untilMs}`
            await store.insert(
              'otel_logs',
              came.map(({ row }) => row),
              token,
            )
          }
          knownMs = untilMs
        }
        for (const { month, cutoffMs } of cutoffs.toSorted((a, b) => a.cutoffMs - b.cutoffMs)) {
          await ingest(cutoffMs)
          const lines = await close(month, cutoffMs, tenant)
          const csv = await focus(tenant, startOf(month), nextOf(month))
          frozen.set(month, csv)
          // The file owes what the lines say, to the last digit.
          const sum = (of: (line: (typeof lines)[number]) => bigint) =>
            lines.reduce((a, line) => a + of(line), 0n)
          expect(sumOf(csv, 'ListCost')).toBe(sum(({ listCost }) => listCost))
          expect(sumOf(csv, 'EffectiveCost')).toBe(sum((line) => line.effectiveCost + line.sharedCost))
        }
        await ingest(Number.MAX_SAFE_INTEGER)
        for (const [month, csv] of frozen) {
          expect([month, await focus(tenant, startOf(month), nextOf(month))]).toEqual([month, csv])
        }
        // The months and all after them are everything, once.
        const parts = await Promise.all([
          ...months.map((month) => focus(tenant, startOf(month), nextOf(month))),
          focus(tenant, endMs, startOf('2028-01')),
        ])
        const listed = parts.reduce((sum, csv) => sum + sumOf(csv, 'ListCost'), 0n)
        expect(listed).toBe(await total(tenant))
      },
    ),
    { numRuns: 6 },
  )
}, 240_000)

const nextOf = (month: string): number =>
  startOf(months[months.indexOf(month as (typeof months)[number]) + 1] ?? '2026-10')

it('what came late is a correction of an earlier billing period, in the month in which it came', async () => {
  const tenant = 'late'
  const onTime: Arrival = {
    periodMs: startOf('2026-06') + DAY_MS,
    ingestedMs: startOf('2026-06') + DAY_MS,
    team: 'a',
    cpuS: 100,
  }
  await store.insert('otel_logs', [toRow(onTime, 1, tenant)], 'on-time')
  await close('2026-06', startOf('2026-07') + DAY_MS, tenant)
  const late = { ...onTime, ingestedMs: startOf('2026-07') + 5 * DAY_MS }
  await store.insert('otel_logs', [toRow(late, 2, tenant)], 'came-late')
  const june = await focus(tenant, startOf('2026-06'), startOf('2026-07'))
  const july = await focus(tenant, startOf('2026-07'), startOf('2026-08'))
  expect(june).not.toContain('"Correction"')
  expect(july.split('\n')[1]).toMatch(
    /"2026-07-01 00:00:00","2026-08-01 00:00:00","Usage","Correction",.*"2026-06-02 00:00:00"/,
  )
})

it('a close without all of its lines does not count, and of two the first does', async () => {
  const tenant = 'twice'
  const closing = (id: string, lines: number, timeMs: number) =>
    logRow(
      {
        name: event.monthClosed,
        timeMs,
        tenant,
        attributes: {
          [attr.closeId]: id,
          [attr.closeMonth]: '2026-06',
          [attr.closeCutoff]: timeMs,
          [attr.closeLines]: lines,
        },
      },
      book,
    )
  const at = startOf('2026-07') + DAY_MS
  await store.insert('otel_logs', [closing('broken', 3, at)], 'broken')
  const closed = () => store.read(`SELECT close_id FROM closed_months WHERE tenant_id = '${tenant}'`)
  expect(await closed()).toEqual([])
  await store.insert('otel_logs', [closing('second', 0, at + 2), closing('first', 0, at + 1)], 'whole')
  expect(await closed()).toEqual([{ close_id: 'first' }])
})
