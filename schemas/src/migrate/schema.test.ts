import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attributeFacts } from '../semconv-facts.ts'
import { attr, event } from '../semconv.ts'
import { loggedTables, metricKinds } from '../metric-tables.ts'
import { collectorTables, contextColumns, type CollectorTable, type TableColumn } from '../tables.ts'
import { readMigrations } from './files.ts'
import { cloudflareEditions } from '../price-book/data.ts'
import { withoutComments } from './statements.ts'
import { startTestStore, type TestStore } from '../testing/store.ts'

let store: TestStore
beforeAll(async () => {
  store = await startTestStore()
})
afterAll(() => store.stop())

/** What a column is on the wire: ClickHouse takes plain strings for LowCardinality, and time zones do not travel. */
const wireOf = (type: string): string =>
  type.replaceAll(/LowCardinality\((\w+)\)/g, '$1').replaceAll(/, 'UTC'\)/g, ')')

const now = () => new Date().toISOString().replace('T', ' ').replace('Z', '')

const physicalColumns = (table: string) =>
  store.read(
    `SELECT name, type, default_kind FROM system.columns
     WHERE database = currentDatabase() AND table = '${table}' ORDER BY position`,
  )

describe.each(Object.entries(loggedTables))('%s', (table, columns) => {
  it('has exactly the columns and wire types that collectors write', async () => {
    const physical = await physicalColumns(table)
    const written = physical.filter((column) => column['default_kind'] === '')
    const texts = written.map((column) => `${String(column['name'])} ${wireOf(String(column['type']))}`)
    expect(texts.toSorted()).toEqual(columns.map(({ name, wire }) => `${name} ${wire}`).toSorted())
  })
})

describe.each(Object.keys(collectorTables))('%s', (table) => {
  it('shows every promoted attribute in the map again, and nothing empty', async () => {
    const map = table === 'otel_traces' ? 'SpanAttributes' : 'LogAttributes'
    const filled = Object.fromEntries(
      contextColumns.flatMap(({ name, attribute }) =>
        attribute === undefined ? [] : [[name, `of ${attribute}`]],
      ),
    )
    const rest = { [attr.exitCode]: '1' }
    const bare = { Timestamp: now(), [`${map}Rest`]: rest }
    await store.insert(table as CollectorTable, [{ ...bare, ...filled }, bare], `map-${table}`)
    const rows = await store.read(`SELECT ${map} AS attributes FROM ${table} ORDER BY TaskId, TenantId`)
    const promoted = contextColumns.flatMap(({ attribute }: TableColumn) =>
      attribute === undefined ? [] : [[attribute, `of ${attribute}`]],
    )
    expect(rows).toEqual([{ attributes: rest }, { attributes: { ...rest, ...Object.fromEntries(promoted) } }])
  })
})

describe('otel_metrics', () => {
  it('hands each column of each kind to the table of that kind', async () => {
    for (const kind of metricKinds) {
      const columns = (await physicalColumns(`otel_metrics_${kind}`)).map(({ name }) => String(name))
      const [view] = await store.read(
        `SELECT as_select AS query FROM system.tables WHERE database = currentDatabase() AND name = 'otel_metrics_${kind}_mv'`,
      )
      const query = String(view?.['query']).replaceAll('`', '')
      const selected = query.slice('SELECT'.length, query.indexOf('FROM')).split(',')
      expect(selected.map((name) => name.trim().split(' ')[0])).toEqual(columns)
      expect(loggedTables.otel_metrics.map(({ name }) => name)).toEqual(expect.arrayContaining(columns))
    }
  })
})

describe('every table of the schema', () => {
  it('that a view fills remembers 100,000 inserts, so that a late retry is not stored twice', async () => {
    const forgetful = await store.read(
      `SELECT name FROM system.tables
       WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND name NOT IN ('migrations', 'watermarks')
         AND create_table_query NOT LIKE '%non_replicated_deduplication_window = 100000%'`,
    )
    expect(forgetful).toEqual([])
  })

  it('is dropped by whole parts when it expires, but for the books', async () => {
    const kept = ['month_closes', 'month_lines', 'meter_verifications'].map((name) => `'${name}'`).join()
    const lasting = await store.read(
      `SELECT name FROM system.tables
       WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND name NOT IN ('migrations', 'watermarks', ${kept})
         AND (create_table_query NOT LIKE '% TTL %' OR create_table_query NOT LIKE '%ttl_only_drop_parts = 1%')`,
    )
    expect(lasting).toEqual([])
  })

  it('that is sorted by the hour finds a time range by the hour, not by the time behind it', async () => {
    const tables = await store.read(
      `SELECT name, primary_key FROM system.tables WHERE database = currentDatabase() AND sorting_key LIKE '%toStartOfHour(%'`,
    )
    expect(tables.length).toBeGreaterThan(15)
    const blind = tables.filter(({ primary_key }) => {
      const [, time = ''] = /toStartOfHour\((\w+)\)/.exec(String(primary_key)) ?? []
      return time === '' || String(primary_key).split(', ').includes(time)
    })
    expect(blind).toEqual([])
  })

  it('names its tenant, so that a tenant can be held to its rows', async () => {
    const anonymous = await store.read(
      `SELECT t.name FROM system.tables t
       LEFT JOIN (SELECT table, countIf(name IN ('tenant_id', 'TenantId')) AS tenants FROM system.columns
                  WHERE database = currentDatabase() GROUP BY table) c ON c.table = t.name
       WHERE t.database = currentDatabase() AND t.name != 'migrations' AND c.tenants = 0`,
    )
    expect(anonymous).toEqual([])
  })
})

describe('every migration', () => {
  it('reads only attributes, events and SKUs that the contract names', async () => {
    const skus = cloudflareEditions.flatMap((edition) => Object.keys(edition.skus))
    const known = new Set<string>([...Object.values(attr), ...Object.values(event), ...skus])
    const used = (await readMigrations()).flatMap(({ name, statements }) =>
      statements.flatMap((statement) =>
        [...withoutComments(statement).matchAll(/'((?:[a-z_0-9]+\.)+[a-z_0-9]+)'/g)].map((m) => [
          name,
          m[1] ?? '',
        ]),
      ),
    )
    expect(used.length).toBeGreaterThan(100)
    expect(used.filter(([, text]) => !known.has(text ?? ''))).toEqual([])
  })

  it('derives a table or a view from every event of the contract', async () => {
    const sql = (await readMigrations())
      .flatMap(({ statements }) => statements.map(withoutComments))
      .join('\n')
    expect(Object.values(event).filter((name) => !sql.includes(`'${name}'`))).toEqual([])
  })

  it('names columns as the attribute facts do', () => {
    const columns = contextColumns.flatMap(({ name, attribute }) => (attribute === undefined ? [] : [name]))
    const facts = Object.values(attributeFacts).flatMap(({ column }) => column ?? [])
    expect(columns.toSorted()).toEqual(facts.toSorted())
  })
})
