import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DECIMAL_DIGITS, formatDecimal, parseDecimal } from '../money.ts'
import { openPriceBook, priceBookSchema } from '../price-book.ts'
import { logRow, spanRow } from '../testing/rows.ts'
import { fullEvents, fullSpans } from '../testing/samples.ts'
import { startTestStore, type TestStore } from '../testing/store.ts'

let store: TestStore
const now = Date.now()
const book = openPriceBook(
  priceBookSchema.parse({
    version: 'models-1',
    models: [{ model: 'opus-5', effectiveFrom: '2020-01-01', inputPerMillion: '3', outputPerMillion: '15' }],
  }),
)
const logs = fullEvents(now - 5000).map((facts) => logRow(facts, book))
const spans = fullSpans(now - 5000).map(spanRow)

const storeAll = async () => {
  await store.insert('otel_logs', logs, 'segment-logs-1')
  await store.insert('otel_traces', spans, 'segment-traces-1')
}

/** Every table behind the base tables, and every plain view. */
const derived = () =>
  store.read(
    `SELECT name, engine FROM system.tables
     WHERE database = currentDatabase() AND engine != 'MaterializedView' AND name NOT IN ('migrations', 'watermarks', 'ingest_watermark')
     ORDER BY name`,
  )

/** Everything stored, as text that does not depend on how parts are merged. */
async function contents(): Promise<Readonly<Record<string, unknown>>> {
  const tables = await derived()
  const entries = await Promise.all(
    tables
      .filter(({ engine }) => String(engine).endsWith('MergeTree'))
      .map(async ({ name }) => {
        await store.client.command({ query: `OPTIMIZE TABLE ${String(name)} FINAL` })
        const [row] = await store.read(
          `SELECT count() AS rows, sum(cityHash64(*)) AS sum FROM ${String(name)}`,
        )
        return [String(name), row] as const
      }),
  )
  return Object.fromEntries(entries)
}

/** Columns that one full example cannot fill, and why. */
const emptyByDesign: Readonly<Record<string, readonly string[]>> = {
  // Not attributes: the example has none of these fields.
  otel_traces: [
    'TraceState',
    'ScopeName',
    'ScopeVersion',
    'StatusMessage',
    'Events.Timestamp',
    'Events.Name',
    'Events.Attributes',
  ],
  otel_logs: [
    'Body',
    'SeverityText',
    'SeverityNumber',
    'TraceFlags',
    'ResourceSchemaUrl',
    'ScopeSchemaUrl',
    'ScopeName',
    'ScopeVersion',
    'ScopeAttributes',
  ],
  // Nothing came twice.
  duplicate_charges: ['*'],
  // The chain of the example has one link, and it is whole.
  audit_chain: ['gaps', 'forks', 'broken_links'],
  // The example's task finished, so its sandbox runs none.
  tasks: ['lost'],
  latest_tasks: ['lost'],
  sandboxes: ['task_id', 'task_class', 'agent_name', 'priority', 'repository_url'],
  live_sandboxes: ['task_id', 'task_class', 'agent_name', 'priority', 'repository_url'],
  // The example closes another month than its charges are of.
  booked_charges: ['late', 'closed_from'],
  // The example's override ended.
  overrides: ['active'],
}

beforeAll(async () => {
  store = await startTestStore()
  await storeAll()
})
afterAll(() => store.stop())

describe('the derived tables and views', () => {
  it('are all filled, every column of them, from events and spans that carry everything', async () => {
    const empty: string[] = []
    for (const { name } of await derived()) {
      // Metrics are derived from nothing; indicators have a scenario and a test of their own.
      if (/^otel_metrics|^kpi_|^change_costs$/.test(String(name))) continue
      const allowed = emptyByDesign[String(name)] ?? []
      if (allowed.includes('*')) continue
      const columns = await store.read(
        `SELECT name FROM system.columns WHERE database = currentDatabase() AND table = '${String(name)}' AND type NOT LIKE '%AggregateFunction(quantiles%'`,
      )
      const counts = columns.map(
        (c) =>
          `countIf(toString(\`${String(c['name'])}\`) NOT IN (toString(defaultValueOfArgumentType(\`${String(c['name'])}\`)), '')) AS \`${String(c['name'])}\``,
      )
      const [row = {}] = await store.read(`SELECT ${counts.join(', ')} FROM ${String(name)}`)
      empty.push(
        ...Object.entries(row)
          .filter(([column, filled]) => Number(filled) === 0 && !allowed.includes(column))
          .map(([column]) => `${String(name)}.${column}`),
      )
    }
    expect(empty).toEqual([])
  })

  it('hold one insert that was sent three times once, through every view and rollup', async () => {
    const once = await contents()
    await storeAll()
    await storeAll()
    expect(await contents()).toEqual(once)
  })

  it('take a second segment with the same rows: at least once is the promise across machines', async () => {
    await store.insert('otel_logs', logs, 'other-machine-logs-1')
    const duplicates = await store.read(
      `SELECT sum(copies) AS copies, sum(excess_cost_usd) AS excess FROM duplicate_charges`,
    )
    const [{ total, events } = {}] = await store.read(
      `SELECT sum(cost_usd) AS total, count() AS events FROM charges WHERE kind != 'correction'`,
    )
    expect(duplicates).toEqual([{ copies: String(events), excess: halve(String(total)) }])
  })
})

const halve = (decimal: string): string =>
  formatDecimal(parseDecimal(decimal, DECIMAL_DIGITS) / 2n, DECIMAL_DIGITS)
