import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPriceBook } from '../price-book.ts'
import { attr } from '../semconv.ts'
import { logRow, spanRow } from '../testing/rows.ts'
import { fullEvents, fullSpans } from '../testing/samples.ts'
import { startTestStore, type TestStore } from '../testing/store.ts'

/** A reader of one tenant on the embedded engine: what the role grafana_reader_<tenant> is on a server. */
const OWN = 'token-of-acme'
const BOTH = 'token-of-both'
const OPERATOR = 'token-of-the-operator'

let store: TestStore
let objects: readonly { readonly name: string; readonly tenantColumn: string }[]

beforeAll(async () => {
  store = await startTestStore({
    readToken: OPERATOR,
    readTenants: { [OWN]: 'acme', [BOTH]: ['acme', 'globex'] },
  })
  const [book, nowMs] = [openPriceBook(), Date.now() - 10_000]
  for (const tenant of ['acme', 'globex']) {
    // What one tenant says is told from what the other says.
    const own = (attributes: Readonly<Record<string, unknown>>) => ({
      ...attributes,
      [attr.teamId]: `team-of-${tenant}`,
      [attr.userId]: `user-of-${tenant}`,
    })
    const events = fullEvents(nowMs).map((f) => ({ ...f, tenant, attributes: own(f.attributes) }))
    const spans = fullSpans(nowMs).map((f) => ({ ...f, tenant, attributes: own(f.attributes) }))
    // Twice, so that duplicates show.
    for (const copy of [1, 2]) {
      const rows = events.map((f) => logRow(f, book))
      await store.insert('otel_logs', rows, `logs-${tenant}-${copy}`)
    }
    await store.insert('otel_traces', spans.map(spanRow), `spans-${tenant}`)
  }
  await store.client.command({
    query: `INSERT INTO watermarks (collector_id, worker, tenant_id, watermark)
      VALUES ('c', 0, 'acme', now64(3)), ('c', 0, 'globex', now64(3)), ('c', 1, '*', now64(3))`,
  })
  const rows = await store.read(
    `SELECT table AS name, maxIf(c.name, c.name IN ('TenantId', 'tenant_id')) AS tenantColumn FROM system.columns AS c
     WHERE database = currentDatabase() GROUP BY table ORDER BY table`,
  )
  objects = rows.map(({ name, tenantColumn }) => ({ name: String(name), tenantColumn: String(tenantColumn) }))
}, 120_000)
afterAll(() => store.stop())

interface Answer {
  readonly status: number
  readonly body: string
}

async function ask(
  query: string,
  { token = OWN, ...settings }: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const url = `${store.embedded.readUrl}/?${new URLSearchParams(settings).toString()}`
  const headers = { 'X-ClickHouse-Key': token }
  const answer = await fetch(url, { method: 'POST', headers, body: query })
  return { status: answer.status, body: (await answer.text()).trim() }
}

/** Rows that a reader of these tenants may see. */
async function rowsOf(name: string, tenantColumn: string, tenants: readonly string[]): Promise<string> {
  const named = tenants.map((tenant) => `'${tenant}'`).join()
  const where = tenantColumn === '' ? '0' : `${tenantColumn} IN (${named})`
  return (await ask(`SELECT count() FROM ${name} WHERE ${where}`, { token: OPERATOR })).body
}

describe('a reader of one tenant', () => {
  it('sees all of its rows and none of another tenant in every table, view and materialized view there is', async () => {
    let filled = 0
    for (const { name, tenantColumn } of objects) {
      const shared = ['watermarks', 'ingest_watermark'].includes(name) ? ['*'] : []
      const own = await rowsOf(name, tenantColumn, ['acme', ...shared])
      const foreign = await rowsOf(name, tenantColumn, ['globex'])
      filled += Number(foreign) > 0 ? 1 : 0
      const seen = await ask(`SELECT count() FROM ${name}`)
      expect([name, seen]).toEqual([name, { status: 200, body: own }])
      const everything = await ask(`SELECT * FROM ${name} FORMAT JSONEachRow`)
      expect([name, everything.status, everything.body.includes('globex')]).toEqual([name, 200, false])
      const both = await ask(`SELECT count() FROM ${name}`, { token: BOTH })
      expect([name, both.body]).toEqual([
        name,
        await rowsOf(name, tenantColumn, ['acme', 'globex', ...shared]),
      ])
    }
    expect(objects.length).toBeGreaterThan(100)
    expect(filled).toBeGreaterThan(90)
  }, 180_000)

  it('sees nothing of a table that was made later, unless its rows say whose they are', async () => {
    for (const query of [
      'CREATE TABLE later (tenant_id String, x UInt8) ENGINE = MergeTree ORDER BY x',
      "INSERT INTO later VALUES ('acme', 1), ('globex', 2)",
      'CREATE TABLE anonymous (x UInt8) ENGINE = MergeTree ORDER BY x',
      'INSERT INTO anonymous VALUES (3)',
      'CREATE DATABASE elsewhere',
      'CREATE TABLE elsewhere.later (TenantId String) ENGINE = MergeTree ORDER BY TenantId',
      "INSERT INTO elsewhere.later VALUES ('globex')",
    ])
      await store.client.command({ query })
    expect(await ask('SELECT x FROM later')).toEqual({ status: 200, body: '1' })
    expect(await ask('SELECT count() FROM anonymous')).toEqual({ status: 200, body: '0' })
    expect(await ask('SELECT count() FROM elsewhere.later')).toEqual({ status: 200, body: '0' })
    expect(await ask('SELECT count() FROM later', { database: 'elsewhere' })).toEqual({
      status: 200,
      body: '0',
    })
  })

  it.each([
    'SELECT count() FROM charges AS x WHERE team_id LIKE {g:String}',
    'SELECT count() FROM charges AS `default.watermarks` WHERE team_id LIKE {g:String}',
    'SELECT count() FROM default.charges PREWHERE team_id LIKE {g:String}',
    'SELECT count() FROM tasks AS a JOIN charges AS b USING (tenant_id) WHERE b.team_id LIKE {g:String}',
    'SELECT count() FROM tasks AS a, charges AS b WHERE b.team_id LIKE {g:String}',
    'WITH c AS (SELECT * FROM charges) SELECT count() FROM c WHERE team_id LIKE {g:String}',
    'SELECT count() FROM (SELECT team_id FROM charges UNION ALL SELECT team_id FROM spend_by_day) WHERE team_id LIKE {g:String}',
    'SELECT count() FROM view(SELECT * FROM charges) WHERE team_id LIKE {g:String}',
    "SELECT toUInt8('team-of-globex' IN (SELECT team_id FROM charges) AND {g:String} != '')",
    'SELECT count() FROM spend_by_day FINAL WHERE team_id LIKE {g:String}',
    'SELECT count() FROM {t:Identifier} WHERE team_id LIKE {g:String}',
    'SELECT countIf(tenants LIKE {g:String}) FROM (SELECT max(tenant_id) AS tenants FROM charges)',
    'SELECT countIf(tenants LIKE {g:String}) FROM (SELECT DISTINCT tenant_id AS tenants FROM spend_by_day)',
    'SELECT (SELECT count() FROM charges WHERE team_id LIKE {g:String})',
    'SELECT count() FROM charges_mv WHERE team_id LIKE {g:String}',
  ])('gets nothing of another tenant by %s', async (query) => {
    expect(await ask(query, { param_g: '%globex%', param_t: 'charges' })).toEqual({ status: 200, body: '0' })
    const operator = await ask(query, { param_g: '%globex%', param_t: 'charges', token: OPERATOR })
    expect([operator.status, Number(operator.body) > 0]).toEqual([200, true])
  })

  it('cannot lift its filter: not in the text, not in the URL, not with SET', async () => {
    const filter = "{'default.charges': '1'}"
    const lifted = [
      ask(`SELECT count() FROM charges SETTINGS additional_table_filters = ${filter}`),
      ask('SELECT count() FROM charges', { additional_table_filters: filter }),
      ask('SELECT count() FROM charges', { additional_result_filter: '1' }),
      ask(`SET additional_table_filters = ${filter}`),
      ask(`SELECT * FROM (SELECT count() FROM charges SETTINGS additional_table_filters = ${filter})`),
      ask(
        `WITH c AS (SELECT count() FROM charges SETTINGS additional_table_filters = ${filter}) SELECT * FROM c`,
      ),
      ask(`SELECT (SELECT count() FROM charges SETTINGS additional_table_filters = ${filter})`),
      ask(`SELECT count() FROM view(SELECT * FROM charges sEttings/**/"additional_table_filters"=${filter})`),
      ask(`SELECT 1; SET additional_table_filters = ${filter}`),
      ask('SELECT count() FROM charges', { readonly: '0' }),
      ask('SELECT count() FROM charges', { session_id: 's' }),
      ask('SELECT count() FROM charges', { role: 'writer' }),
      ask('SELECT count() FROM charges', { token: 'another' }),
      ask('SELECT count() FROM charges', { token: '' }),
    ]
    for (const [index, answer] of lifted.entries()) {
      const { status, body } = await answer
      expect([index, status >= 400, body]).toEqual([
        index,
        true,
        expect.stringMatching(/^Code: (497|164|62|516|501|48|452)\. /),
      ])
    }
  })

  it('learns nothing from the engine of how much data others have', async () => {
    for (const query of [
      'SELECT total_rows FROM system.tables',
      'SELECT rows FROM system.parts',
      'SELECT data_compressed_bytes FROM system.columns',
      'SELECT table_rows FROM information_schema.tables',
      'SELECT table_rows FROM INFORMATION_SCHEMA.TABLES',
      'SELECT * FROM {d:Identifier}.tables',
      'EXPLAIN ESTIMATE SELECT * FROM charges',
      'SELECT value FROM system.events',
    ])
      expect([query, (await ask(query, { param_d: 'information_schema' })).status]).toEqual([query, 403])
    expect((await ask('SHOW TABLES')).status).toBe(200)
    expect((await ask('DESCRIBE TABLE charges')).status).toBe(200)
  })

  it('cannot write', async () => {
    const before = await store.read('SELECT count() AS n FROM charges')
    for (const query of [
      'INSERT INTO charges SELECT * FROM charges',
      'INSERT INTO watermarks (collector_id) VALUES (1)',
      'CREATE TABLE mine (x UInt8) ENGINE = Memory',
      'DROP TABLE charges',
      'ALTER TABLE charges DELETE WHERE 1',
      'TRUNCATE TABLE charges',
      "SELECT 1 INTO OUTFILE '/tmp/never'",
    ])
      expect([query, (await ask(query)).status >= 400]).toEqual([query, true])
    expect(await store.read('SELECT count() AS n FROM charges')).toEqual(before)
  })

  it('is stopped by its limits, which it may lower and not raise', async () => {
    const raised = { max_result_rows: '0', max_rows_to_read: '0', max_execution_time: '3600' }
    const limits =
      "SELECT getSetting('max_execution_time'), getSetting('max_result_rows'), getSetting('max_rows_to_read')"
    expect((await ask(limits, raised)).body).toBe('30\t100000\t5000000000')
    expect((await ask('SELECT number FROM numbers(100001)', raised)).body).toMatch(/^Code: 396\./)
    expect((await ask('SELECT sum(number) FROM numbers(5000000001)', raised)).body).toMatch(/^Code: 158\./)
    const patient = await ask('SELECT sleepEachRow(1) FROM numbers(3)', { max_execution_time: '1' })
    expect(patient.body).toMatch(/^Code: 159\./)
    const greedy = 'SELECT length(groupArray(number)) FROM numbers(4000000000)'
    expect((await ask(greedy, { max_memory_usage: '50000000' })).body).toMatch(/^Code: 241\./)
  })
})

describe('the read port with tokens of tenants', () => {
  it('shows the operator everything, and nobody anything without a token', async () => {
    const all = await ask("SELECT uniqExact(tenant_id) FROM charges WHERE tenant_id IN ('acme', 'globex')", {
      token: OPERATOR,
    })
    expect(all.body).toBe('2')
    expect((await fetch(`${store.embedded.readUrl}/?query=SELECT%201`)).status).toBe(403)
  })

  it.each([
    [{ '': 'acme' }, /token that is empty/],
    [{ [OPERATOR]: 'acme' }, /token that is empty or the readToken/],
    [{ t: [] }, /at least one tenant/],
    [{ t: '*' }, /none that is empty or "\*"/],
  ])('does not start with %j', async (readTenants, message) => {
    await expect(startTestStore({ readToken: OPERATOR, readTenants })).rejects.toThrow(message)
  })
})
