import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSchemaObjects } from './objects.ts'
import { renderRoles, tenantTableFilters } from './roles.ts'
import { single } from './render.ts'
import { openPriceBook } from '../price-book.ts'
import { logRow, spanRow } from '../testing/rows.ts'
import { fullEvents, fullSpans } from '../testing/samples.ts'
import { startTestStore, type TestStore } from '../testing/store.ts'

let store: TestStore
let statements: readonly string[]
beforeAll(async () => {
  store = await startTestStore()
  statements = await renderRoles({ deployment: single, database: 'sandglass', tenants: ['acme', 'globex'] })
})
afterAll(() => store.stop())

describe('the roles of a server', () => {
  it('are statements that the engine can parse', async () => {
    for (const statement of statements) {
      const result = await store.client.query({
        query: 'SELECT formatQuerySingleLine({statement:String}) AS sql',
        query_params: { statement },
        format: 'JSONEachRow',
      })
      expect(await result.json()).toHaveLength(1)
    }
  })

  it('let a reader read every table and view of the schema, and write nothing', async () => {
    const { tables, views } = await readSchemaObjects()
    const reader = statements.filter((sql) => sql.endsWith(' TO grafana_reader'))
    expect(reader.map((sql) => /ON sandglass\.(\w+) /.exec(sql)?.[1]).toSorted(byText)).toEqual(
      [...tables, ...views].toSorted(byText),
    )
    expect(reader.filter((sql) => !sql.startsWith('GRANT SELECT ON'))).toEqual([])
    expect(statements.find((sql) => /ROLE IF NOT EXISTS grafana_reader /.test(sql))).toMatch(
      /readonly = 1.*max_memory_usage/,
    )
  })

  it('let collectors insert into what they write and nothing else', () => {
    const inserts = statements.filter((sql) => sql.includes('INSERT ON'))
    expect(inserts).toEqual(
      ['otel_traces', 'otel_logs', 'otel_metrics', 'watermarks'].map(
        (t) => `GRANT INSERT ON sandglass.${t} TO writer`,
      ),
    )
  })

  it('hold each tenant to its rows on every table', async () => {
    const { tables } = await readSchemaObjects()
    for (const table of tables) {
      const policy = statements.find((sql) =>
        sql.includes(`POLICY IF NOT EXISTS grafana_reader_acme ON sandglass.${table} `),
      )
      expect([table, policy]).toEqual([
        table,
        expect.stringMatching(/USING \w+ (= 'acme'|IN \('acme', '\*'\)) AS RESTRICTIVE/),
      ])
    }
  })

  it('never hold two tenants to one role', async () => {
    const tenants = ['team-a', 'team_a']
    const both = await renderRoles({ deployment: single, database: 'sandglass', tenants })
    const policies = both.filter(
      (sql) => sql.includes(' ON sandglass.charges ') && sql.includes('RESTRICTIVE'),
    )
    expect(
      policies.map((sql) => [/POLICY IF NOT EXISTS (\S+)/.exec(sql)?.[1], /= '(.*)'/.exec(sql)?.[1]]),
    ).toEqual([
      ['`grafana_reader_team-a`', 'team-a'],
      ['grafana_reader_team_a', 'team_a'],
    ])
    const parsed = await store.read(
      `SELECT countIf(formatQuerySingleLineOrNull(s) IS NULL) AS bad FROM (SELECT arrayJoin([${both.map((sql) => `'${sql.replaceAll("'", "\\'")}'`).join()}]) AS s)`,
    )
    expect(parsed).toEqual([{ bad: '0' }])
  })

  it('refuse a tenant whose name could leave its quotes', async () => {
    const options = { deployment: single, database: 'sandglass', tenants: ["x' OR '1"] }
    await expect(renderRoles(options)).rejects.toThrow(/cannot have a role/)
    await expect(tenantTableFilters("x' OR '1")).rejects.toThrow(/cannot have a role/)
  })
})

describe('the filters of the embedded engine', () => {
  it('hide every row of another tenant in every table and view', async () => {
    const book = openPriceBook()
    const nowMs = Date.now() - 10_000
    for (const tenant of ['acme', 'globex']) {
      await store.insert(
        'otel_logs',
        fullEvents(nowMs).map((f) => logRow({ ...f, tenant }, book)),
        `logs-${tenant}`,
      )
      await store.insert(
        'otel_traces',
        fullSpans(nowMs).map((f) => spanRow({ ...f, tenant })),
        `spans-${tenant}`,
      )
    }
    const { tables, views } = await readSchemaObjects()
    const filters = Object.entries(await tenantTableFilters('acme')).map(
      ([table, filter]) => `'${table}': '${filter.replaceAll("'", "\\'")}'`,
    )
    let seen = 0
    for (const name of [...tables, ...views].filter((n) => n !== 'watermarks' && n !== 'ingest_watermark')) {
      const tenant = name.startsWith('otel_') ? 'TenantId' : 'tenant_id'
      const query = `SELECT groupUniqArray(toString(${tenant})) AS tenants FROM ${name}`
      const all = await store.read(query)
      const own = await store.read(`${query} SETTINGS additional_table_filters = {${filters.join(', ')}}`)
      const filled = JSON.stringify(all).includes('globex')
      seen += filled ? 1 : 0
      expect([name, own[0]?.['tenants']]).toEqual([name, filled ? ['acme'] : []])
    }
    expect(seen).toBeGreaterThan(40)
  })
})

const byText = (a: string | undefined, b: string | undefined): number => ((a ?? '') < (b ?? '') ? -1 : 1)
