import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { monthSpendQuery } from './close.ts'
import { focusColumns, focusQuery } from './focus.ts'
import { knownInstancesQuery, meteredUsageQuery } from './reconcile.ts'
import { openPriceBook } from '../price-book.ts'
import { event } from '../semconv.ts'
import { logRow } from '../testing/rows.ts'
import { fullEvents } from '../testing/samples.ts'
import { startTestStore, type TestStore } from '../testing/store.ts'

/** FOCUS 1.2: these must be there. */
const mandatory =
  'BilledCost BillingAccountId BillingAccountName BillingCurrency BillingPeriodEnd BillingPeriodStart ChargeCategory ' +
  'ChargeClass ChargeDescription ChargePeriodEnd ChargePeriodStart ContractedCost EffectiveCost InvoiceIssuerName ListCost ' +
  'PricingQuantity PricingUnit ProviderName PublisherName ServiceCategory ServiceName'

const HOUR_MS = 3_600_000
const nowMs = Date.now() - 10_000
let store: TestStore

beforeAll(async () => {
  store = await startTestStore()
  const book = openPriceBook()
  const money = [0, 1, 26].flatMap((hoursAgo) =>
    fullEvents(nowMs - hoursAgo * HOUR_MS).filter(
      ({ name }) => name === event.usageMeasured || name === event.chargeCorrected,
    ),
  )
  await store.insert(
    'otel_logs',
    money.map((facts) => logRow(facts, book)),
    'money',
  )
})
afterAll(() => store.stop())

async function exportRows(fromMs: number, toMs: number, tenant = 'default') {
  const { query, params } = focusQuery({ tenant, fromMs, toMs })
  const result = await store.client.query({
    query,
    query_params: params,
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_decimals: 1 },
  })
  return result.json<Record<string, string>>()
}

describe('the FOCUS export', () => {
  it('has every mandatory column, and our own under x_', () => {
    const names = focusColumns.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(mandatory.split(' ')))
    expect(new Set(names).size).toBe(names.length)
  })

  it('has one row per sandbox, SKU and hour', async () => {
    const rows = await exportRows(nowMs - 48 * HOUR_MS, nowMs + HOUR_MS)
    const keys = rows.map((row) =>
      [row['ResourceId'], row['SkuId'], row['x_Model'], row['ChargePeriodStart']].join(' '),
    )
    expect(new Set(keys).size).toBe(rows.length)
    expect(new Set(rows.map((row) => row['ChargePeriodStart'])).size).toBeGreaterThanOrEqual(3)
  })

  it('sums to the spend rollups to the last digit, corrections included', async () => {
    await store.client.command({
      query: `CREATE TABLE IF NOT EXISTS exported (ListCost Decimal(38, 12), EffectiveCost Decimal(38, 12)) ENGINE = Memory`,
    })
    const rows = await exportRows(nowMs - 48 * HOUR_MS, nowMs + HOUR_MS)
    await store.client.insert({
      table: 'exported',
      values: rows.map(({ ListCost, EffectiveCost }) => ({ ListCost, EffectiveCost })),
      format: 'JSONEachRow',
    })
    const [sums] = await store.read(
      `SELECT (SELECT sum(ListCost) FROM exported) AS list, (SELECT sum(EffectiveCost) FROM exported) AS effective,
        (SELECT sum(cost_usd) FROM spend_by_hour) AS rollup`,
    )
    expect(Number(sums?.['rollup'])).not.toBe(0)
    expect([sums?.['list'], sums?.['effective']]).toEqual([sums?.['rollup'], sums?.['rollup']])
  })

  it('calls nothing billed, and nothing of another tenant its own', async () => {
    const rows = await exportRows(0, nowMs + HOUR_MS)
    expect(rows.every((row) => Number(row['BilledCost']) === 0 && row['x_Quality'] === 'uncalibrated')).toBe(
      true,
    )
    expect(await exportRows(0, nowMs + HOUR_MS, 'other')).toEqual([])
  })
})

describe('the questions that closing and reconciliation ask', () => {
  const rowsOf = async (query: string, params: Readonly<Record<string, string>>) => {
    const result = await store.client.query({
      query,
      query_params: { tenant: 'default', ...params },
      format: 'JSONEachRow',
    })
    return result.json<Record<string, string>>()
  }
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

  it('have the quantities of each team and SKU', async () => {
    const days = await rowsOf(meteredUsageQuery, {
      from: day(nowMs - 72 * HOUR_MS),
      to: day(nowMs + 24 * HOUR_MS),
    })
    expect(new Set(days.map(({ sku }) => sku))).toContain('container.memory')
    expect(days.every(({ team_id }) => team_id === 'payments')).toBe(true)
    const month = await rowsOf(monthSpendQuery, {
      month: `${day(nowMs).slice(0, 7)}-01`,
      cutoffMs: String(nowMs + HOUR_MS),
    })
    expect(month).toContainEqual({
      team_id: 'payments',
      sku: 'container.disk',
      unit: 'GB.s',
      quantity: expect.any(String),
      cost_usd: expect.any(String),
    })
  })

  it('know the instances that sandboxes ran on', async () => {
    const lifecycle = fullEvents(nowMs).filter(({ name }) => name === event.lifecycleChanged)
    await store.insert(
      'otel_logs',
      lifecycle.map((facts) => logRow(facts, openPriceBook())),
      'instances',
    )
    expect(await rowsOf(knownInstancesQuery, {})).toEqual(
      expect.arrayContaining([
        { instance_id: 'inst_1', team_id: 'payments', live: 1, sandbox_name: expect.any(String) },
      ]),
    )
  })
})
