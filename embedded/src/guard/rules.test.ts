import { expect, test } from 'vitest'
import { lex } from '../sql/lexer.ts'
import { ALLOWED_SYSTEM_TABLES } from './lists.ts'
import { violation } from './rules.ts'

/** Rules that the engine's own verdict would also enforce, held to it on their own. */

function reasonFor(sql: string, parameters: Readonly<Record<string, string>> = {}): string | undefined {
  return violation({
    tokens: [...lex(sql)],
    tableFunctions: new Set(['file', 'url', 'numbers']),
    parameters: new Map(Object.entries(parameters)),
    systemTables: ALLOWED_SYSTEM_TABLES,
    mayExplain: true,
  })
}

test.each([
  ['SELECT 1 INTO OUTFILE 1', 'INTO OUTFILE writes files'],
  ['SELECT 1 into/**/outfile 1', 'INTO OUTFILE writes files'],
  ['SELECT 1 PARALLEL WITH SELECT 2', 'PARALLEL WITH runs several statements'],
  ['SELECT * FROM (SELECT 1 SETTINGS max_threads = 1)', 'settings (max_threads) come with the request'],
  ['SELECT 1 settings/**/`readonly`=0', 'settings (readonly) come with the request'],
  ['KILL QUERY WHERE 1', /only SELECT, .* are run, not KILL/],
  ["'SELECT'", /only SELECT/],
  ['', /not this/],
  ['SHOW CREATE USER x', 'SHOW CREATE USER is not allowed'],
  ['EXPLAIN AST ALTER TABLE t DELETE WHERE 1', 'only queries may be explained, not ALTER'],
  ["SELECT * FROM `URL`('x')", /the table function URL\(\)/],
  ['SELECT "file" FROM t', /the function file is not allowed .* table\.file/],
  ['SELECT 1 FROM "system".`users`', 'system.users is not readable here'],
  ['SELECT * FROM {x:Identifier}', /Identifier parameter 'x'/],
])('%j is refused with its reason', (sql, reason) => expect(reasonFor(sql)).toMatch(reason))

test.each([
  "SELECT 'INTO OUTFILE', $$ url('x') $$ -- SYSTEM.users\n FROM t",
  'SELECT t.file AS file FROM numbers(1) AS t',
  'SELECT outfile AS parallel FROM t',
  'SELECT settings FROM t WHERE settings = 1',
  'SELECT * FROM system.one',
  'EXPLAIN SELECT `insert`, "kill" FROM t',
])('%j is admitted', (sql) => expect(reasonFor(sql)).toBeUndefined())

test('an Identifier parameter may be a plain name', () => {
  expect(reasonFor('SELECT {c:Identifier} FROM t', { c: 'a_1' })).toBeUndefined()
  for (const name of ['system', 'SYSTEM', 'a.b', 'file', '/etc/passwd', '']) {
    expect(reasonFor('SELECT {c:Identifier} FROM t', { c: name }), name).toBeDefined()
  }
})
