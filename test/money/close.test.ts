import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openPriceBook } from '@sandglass/schemas/price-book'
import { attr, event } from '@sandglass/schemas/semconv'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { logRow } from '../../schemas/src/testing/rows.ts'
import { startMoneyStack, type MoneyStack } from './stack.ts'

/** The month before last: over, whatever today is. */
const today = new Date()
const startMs = Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - 2)
const month = new Date(startMs).toISOString().slice(0, 7)
const DAY_MS = 86_400_000
const book = openPriceBook()

let stack: MoneyStack
let sequence = 0

const usage = (team: string, cpuS: number, ingestedMs: number) => {
  sequence += 1
  const timeMs = startMs + 3 * DAY_MS + sequence * 1000
  const attributes = {
    [attr.teamId]: team,
    [attr.sandboxId]: 'sandbox_1',
    [attr.sandboxGeneration]: 1,
    [attr.usageSequence]: sequence,
    [attr.instanceType]: 'standard-1',
    [attr.cpuTime]: cpuS,
    [attr.usageStart]: timeMs - 10_000,
    [attr.usageEnd]: timeMs,
  }
  const row = logRow({ name: event.usageMeasured, timeMs, attributes }, book)
  return { ...row, IngestedAt: new Date(ingestedMs).toISOString().replace('T', ' ').replace('Z', '') }
}

const store = (values: readonly object[]) =>
  stack.client.insert({ table: 'otel_logs', values, format: 'JSONEachRow' })
const close = (...args: readonly string[]) => stack.json('close', month, ...args)
const authority = ['--actor', 'u_finance', '--ticket', 'FIN-7']

async function exported(of: string, format: 'csv' | 'parquet' = 'csv'): Promise<Buffer> {
  const out = join(stack.dataDir, `${of}.${format}`)
  await stack.json('export', 'focus', '--month', of, '--format', format, '--out', out)
  return readFile(out)
}

beforeAll(async () => {
  stack = await startMoneyStack()
  await store([
    usage('payments', 30_000, startMs + 4 * DAY_MS),
    usage('search', 15_000, startMs + 4 * DAY_MS),
    usage('', 9_000.123, startMs + 4 * DAY_MS),
  ])
}, 120_000)
afterAll(() => stack.stop())

it('refuses a month that goes on, a month that is none, and a close by nobody', async () => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [[today.toISOString().slice(0, 7), ...authority], 'has not ended'],
    [['2026-13', ...authority], 'is no month'],
    [[month, '--ticket', 'FIN-7'], '--actor'],
  ]
  for (const [args, message] of cases) {
    const { exitCode, stderr } = await stack.cli('close', ...args)
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)])
  }
}, 120_000)

it('closes a month once, with allowances and shared cost, and exports it the same for ever', async () => {
  const planned = await close('--dry-run')
  expect(planned).toMatchObject({ closed: false })
  expect(await stack.rows('SELECT count() AS n FROM closed_months')).toEqual([{ n: 0 }])
  const closed = await close(...authority)
  expect(closed).toMatchObject({ closed: true, lines: planned['lines'] })
  const cpu = (closed['lines'] as Record<string, string>[]).filter(({ sku }) => sku === 'container.cpu')
  // 54,000.123 s used, 22,500 s included.
  expect(cpu.map(({ allowance }) => Number(allowance)).reduce((a, b) => a + b)).toBe(22_500)
  expect(cpu.find(({ team }) => team === '')).toMatchObject({ owedUsd: '0' })
  expect(closed['owedUsd']).toBe(closed['effectiveCostUsd'])

  const again = await stack.cli('close', month, ...authority)
  expect([again.exitCode, again.stderr]).toEqual([
    2,
    expect.stringMatching(/was closed at .* by u_finance \(FIN-7\)/),
  ])

  const file = await exported(month)
  await store([usage('payments', 1234, Date.now())])
  expect((await exported(month)).toString()).toBe(file.toString())
  const thisMonth = (await exported(new Date().toISOString().slice(0, 7))).toString()
  expect(thisMonth).toMatch(/"Usage","Correction"/)
  // Times as FOCUS wants them, and nothing for what is null.
  expect(thisMonth.split('\n')[1]).toMatch(/,"\d{4}-\d\d-01T00:00:00Z",.*,"\d{4}-\d\d-\d\dT\d\d:00:00Z",/)
  expect(thisMonth).not.toContain('\\N')
}, 120_000)

it('exports CSV and Parquet with the totals of the rollups', async () => {
  const list = async (format: string, file: string) => {
    const [row] = await stack.rows(
      `SELECT sum(toDecimal128(toString(ListCost), 12)) AS usd FROM file('${file}', ${format}, 'ListCost String')`,
    )
    return row?.['usd']
  }
  const [rollup] = await stack.rows('SELECT sum(cost_usd) AS usd FROM spend_by_day AS s')
  for (const [format, name] of [
    ['csv', 'CSVWithNames'],
    ['parquet', 'Parquet'],
  ] as const) {
    const out = join(stack.dataDir, `all.${format}`)
    const window = [
      '--from',
      new Date(startMs).toISOString(),
      '--to',
      new Date(Date.now() + DAY_MS).toISOString(),
    ]
    await stack.json('export', 'focus', ...window, '--format', format, '--out', out)
    expect([format, await list(name, out)]).toEqual([format, rollup?.['usd']])
  }
}, 120_000)
