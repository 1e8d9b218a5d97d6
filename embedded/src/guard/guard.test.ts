import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestEmbedded, type TestEmbedded } from '../testing.ts'
import { ALLOWED_TABLE_FUNCTIONS } from './lists.ts'

/** The read port over the real engine: what it must answer, and what it must never. */

let db: TestEmbedded
beforeAll(async () => {
  db = await startTestEmbedded()
  await db.writeClient.command({
    query: 'CREATE TABLE t (a UInt32, file String) ENGINE = MergeTree ORDER BY a',
  })
  await db.writeClient.command({ query: "INSERT INTO t VALUES (1, 'column')" })
})
afterAll(async () => db.stop())

interface Answer {
  readonly status: number
  readonly body: string
}

async function read(query: string, parameters: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const answer = await fetch(`${db.readUrl}/?${new URLSearchParams(parameters).toString()}`, {
    method: 'POST',
    body: query,
  })
  return { status: answer.status, body: await answer.text() }
}

describe('is answered', () => {
  const queries = [
    'SELECT * FROM t',
    'select a, t.file from default.t prewhere a > 0',
    'SELECT 1;',
    'SELECT 1 ; -- done',
    '(SELECT 1) UNION ALL (SELECT 2)',
    'WITH 1 AS one SELECT one',
    'WITH s AS (SELECT 1 AS x) SELECT x AS file FROM s',
    'FROM t SELECT a',
    "SELECT 'INTO OUTFILE', 'file(', '; DROP TABLE t', 'system.users'",
    'SELECT "a" /* INTO OUTFILE */ FROM t -- kill query',
    'SELECT $doc$ system.processes, file() $doc$',
    'SELECT * FROM numbers(3)',
    "SELECT * FROM values('x UInt8', 1, 2)",
    "SELECT format('{}', 'x')",
    'SHOW TABLES',
    'SHOW CREATE TABLE t',
    'SHOW DATABASES',
    'DESCRIBE TABLE t',
    'DESC t',
    'EXISTS TABLE t',
    'EXPLAIN SELECT * FROM t',
    'EXPLAIN PIPELINE SELECT * FROM t',
    'SELECT name FROM system.tables',
    'SELECT * FROM system.columns LIMIT 1',
    'SELECT version(), currentDatabase(), timezone()',
    'SELECT 1 FORMAT JSON',
  ]
  test.each(queries)('%s', async (query) => {
    expect(await read(query)).toMatchObject({ status: 200 })
  })
})

describe('is refused', () => {
  const queries = [
    "SELECT 1 INTO OUTFILE '/tmp/never'",
    "SELECT 1 INTO /* */ OUTFILE '/tmp/never' TRUNCATE FORMAT CSV",
    "SHOW TABLES INTO OUTFILE '/tmp/never'",
    'INSERT INTO t VALUES (2, 1)',
    'INSERT INTO t FORMAT JSONEachRow {"a":2}',
    'INSERT INTO t SELECT 2, 2',
    'WITH 1 AS x INSERT INTO t SELECT x, x',
    "INSERT INTO FUNCTION file('/tmp/never') SELECT 1",
    'CREATE TABLE u (a UInt8) ENGINE = Memory',
    'CREATE TEMPORARY TABLE u (a UInt8)',
    'CREATE FUNCTION f AS x -> x',
    'ALTER TABLE t DELETE WHERE 1',
    'DELETE FROM t WHERE 1',
    'TRUNCATE TABLE t',
    'DROP TABLE t',
    'RENAME TABLE t TO u',
    'OPTIMIZE TABLE t FINAL',
    'DETACH TABLE t',
    "ATTACH TABLE u FROM '/tmp' (a UInt8) ENGINE = MergeTree ORDER BY a",
    'KILL QUERY WHERE 1',
    'SYSTEM RELOAD CONFIG',
    "BACKUP TABLE t TO File('/tmp/never')",
    'SET max_threads = 1',
    'USE system',
    'CHECK TABLE t',
    'WATCH t',
    'GRANT ALL ON *.* TO x',
    'SELECT 1; SELECT 2',
    'SELECT 1; DROP TABLE t',
    'SELECT 1 PARALLEL WITH SELECT 2',
    'SELECT 1 PARALLEL WITH DROP TABLE t',
    'EXPLAIN INSERT INTO t SELECT 1, 1',
    'EXPLAIN AST DROP TABLE t',
    'SHOW PROCESSLIST',
    'SHOW GRANTS',
    'SHOW ACCESS',
    'SHOW USERS',
    'SHOW CREATE USER default',
    'SELECT * FROM system.processes',
    'SELECT * FROM `system`."processes"',
    'SELECT * FROM system /* x */ . /* y */ users',
    'SELECT 1 WHERE 1 IN system.processes',
    'SELECT processes.query FROM (SELECT 1) AS x, system.processes',
    "SELECT * FROM merge('system', '^processes$')",
    'SELECT * FROM (EXPLAIN SELECT 1)',
    'SELECT * FROM t SETTINGS max_threads = 1',
    'SELECT * FROM (SELECT * FROM t SETTINGS readonly = 0)',
    "SELECT * FROM (SELECT getSetting('max_execution_time') SETTINGS max_execution_time = 999)",
    'WITH c AS (SELECT 1 SETTINGS max_threads) SELECT * FROM c',
    "SELECT * FROM t SETTINGS additional_table_filters = {'t': '1'}",
    'SELECT aiGenerate(1)',
    'SELECT showCertificate()',
  ]
  test.each(queries)('%s', async (query) => {
    const { status, body } = await read(query)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(body).toMatch(/^Code: (497|164|62|36)\. /)
  })

  test('and nothing of it happened', async () => {
    expect((await read('SELECT * FROM t')).body).toBe('1\tcolumn\n')
    expect((await read('SHOW TABLES')).body).toBe('t\n')
  })
})

test('no table function is reachable but those on the list, whatever a new engine brings', async () => {
  const { body } = await read('SELECT name FROM system.table_functions FORMAT TSV')
  const names = body.trim().split('\n')
  expect(names.length).toBeGreaterThan(50)
  for (const name of names.filter((each) => !ALLOWED_TABLE_FUNCTIONS.has(each.toLowerCase()))) {
    const call = name === 'viewIfPermitted' ? `${name}(SELECT 1 ELSE null('x UInt8'))` : `${name}('x')`
    expect(await read(`SELECT * FROM ${call}`), name).toMatchObject({ status: 403 })
  }
})

test('a parameter cannot name what the text may not', async () => {
  for (const [query, parameters] of [
    ['SELECT * FROM {x:Identifier}', { param_x: 'system.processes' }],
    ['SELECT * FROM {d:Identifier}.processes', { param_d: 'system' }],
    ['SELECT * FROM system.{x:Identifier}', { param_x: 'processes' }],
    ['SELECT arrayMap({f:Identifier}, [1])', { param_f: 'file' }],
    ['SELECT * FROM {x:Identifier}', { param_x: '/etc/passwd' }],
    ['SELECT * FROM { x : /* */ Identifier }', { param_x: 'system.processes' }],
  ] as const) {
    expect((await read(query, parameters)).status, query).toBe(403)
  }
  expect(await read('SELECT a FROM {x:Identifier}', { param_x: 't' })).toEqual({ status: 200, body: '1\n' })
})

test('settings that could loosen the guard are refused, limits can only shrink', async () => {
  for (const name of [
    'additional_table_filters',
    'allow_introspection_functions',
    'format_schema',
    'output_format_schema',
    'nope',
  ]) {
    expect((await read('SELECT 1', { [name]: '1' })).body, name).toMatch(/^Code: 164\./)
  }
  expect((await read('SELECT 1', { readonly: '0' })).body).toMatch(/^Code: 164\./)
  expect((await read('SELECT 1', { database: 'system' })).status).toBe(403)
  const asked = {
    max_execution_time: '100000',
    max_memory_usage: '0',
    output_format_json_quote_64bit_integers: '1',
  }
  const { body } = await read(
    "SELECT getSetting('max_execution_time'), getSetting('max_memory_usage') > 0",
    asked,
  )
  expect(body).toBe('60\t1\n')
  expect((await read('SELECT sleepEachRow(1) FROM numbers(3)', { max_execution_time: '1' })).body).toMatch(
    /^Code: 159\./,
  )
})

test('the memory of one statement is bounded', async () => {
  const { body } = await read('SELECT length(groupArray(number)) FROM numbers(10000000000)', {
    max_memory_usage: '50000000',
  })
  expect(body).toMatch(/^Code: 241\./)
})
