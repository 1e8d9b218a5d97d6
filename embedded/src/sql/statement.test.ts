import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bare, fromFile, hasResult, intoFile } from './rewrite.ts'
import { readStatement } from './statement.ts'

const read = (sql: string) => readStatement(Buffer.from(sql))

describe('the kind of a statement', () => {
  test.each([
    ['SELECT 1', 'SELECT'],
    ['  /* INSERT */ -- INSERT\n # INSERT\n select 1', 'SELECT'],
    ['((SELECT 1))', 'SELECT'],
    ['insert into t values (1)', 'INSERT'],
    ['With 1 as x select x', 'WITH'],
    ['', ''],
    [' ; ', ''],
    ["'SELECT'", ''],
    ['/* SELECT', ''],
  ])('%j is %j', (sql, kind) => expect(read(sql).kind).toBe(kind))
})

describe('a trailing FORMAT', () => {
  test.each([
    ['SELECT 1 FORMAT JSON', 'JSON'],
    ['SELECT 1 format JSON ;', 'JSON'],
    ['SELECT 1 FORMAT CSV SETTINGS max_threads = 1', 'CSV'],
    ['SELECT 1 SETTINGS max_threads = 1 FORMAT CSV', 'CSV'],
    ["SELECT 'FORMAT JSON'", undefined],
    ['SELECT 1 -- FORMAT JSON', undefined],
    ['SELECT * FROM (SELECT 1 FORMAT JSON)', undefined],
    ['SELECT 1\u00a0FORMAT\u2003JSON\u00a0', 'JSON'],
    ['SELECT 1 AS format', undefined],
    ['SELECT format FROM t', undefined],
    ['SELECT `FORMAT` FROM t', undefined],
  ])('of %j is %j', (sql, format) => expect(read(sql).format?.name).toBe(format))
})

test('a second statement is seen, a closing semicolon is not one', () => {
  expect(read('SELECT 1; SELECT 2').multiple).toBe(true)
  expect(read("SELECT ';'; ;\n -- ; \n").multiple).toBe(false)
  expect(bare(read("SELECT ';' ; -- end"))).toBe("SELECT ';'")
})

test('a result goes to a file, before the format and whatever comments say', () => {
  const directed = (sql: string) => intoFile(read(sql), 'TSV', '/f', 'none')
  expect(directed('SELECT 1')).toBe("SELECT 1\nINTO OUTFILE '/f' COMPRESSION 'none' FORMAT TSV")
  expect(directed('SELECT 1 -- x')).toBe("SELECT 1\nINTO OUTFILE '/f' COMPRESSION 'none' FORMAT TSV")
  expect(directed("SELECT 'ü' FORMAT CSV SETTINGS a = 1;")).toBe(
    "SELECT 'ü' \nINTO OUTFILE '/f' COMPRESSION 'none' FORMAT CSV SETTINGS a = 1",
  )
  expect(hasResult(read('WITH 1 AS x INSERT INTO t SELECT x'))).toBe(false)
  expect(hasResult(read('WITH insert AS (SELECT 1) SELECT 1'))).toBe(false)
})

describe('an INSERT', () => {
  const cases: [string, string, string, string][] = [
    ['INSERT INTO t FORMAT Native', 'FORMAT', 'Native', ''],
    ['INSERT INTO t FORMAT CSV\n1,2', 'FORMAT', 'CSV', '1,2'],
    ['INSERT INTO t FORMAT CSV \t\r\n\n1,2', 'FORMAT', 'CSV', '\n1,2'],
    ['INSERT INTO t VALUES (1)', 'VALUES', 'Values', ' (1)'],
    ['INSERT INTO `values` (`format`) VALUES(1)', 'VALUES', 'Values', '(1)'],
    ['INSERT INTO TABLE d.t (a, b) SETTINGS format = 1, x = [1] FORMAT TSV a', 'FORMAT', 'TSV', 'a'],
    ['INSERT INTO format FORMAT format FORMAT x', 'FORMAT', 'format', 'FORMAT x'],
    ['INSERT INTO {t:Identifier} FORMAT CSV 1', 'FORMAT', 'CSV', '1'],
    ["INSERT INTO FUNCTION f('FORMAT CSV') VALUES (1)", 'VALUES', 'Values', ' (1)'],
    ['INSERT INTO t SELECT 1', 'SELECT', '', ''],
    ['INSERT INTO t (a) WITH 1 AS x SELECT x', 'SELECT', '', ''],
    ['INSERT INTO t (a) (SELECT 1)', 'SELECT', '', ''],
    ["INSERT INTO t FROM INFILE '/f' FORMAT CSV", 'FROM', '', ''],
    ['INSERT INTO t', 'NONE', '', ''],
  ]
  test.each(cases)('%j has its rows from %s', (sql, clause, format, rows) => {
    const { insert } = read(sql)
    expect(insert).toMatchObject({ clause, format })
    expect(sql.slice(insert?.rowsAt)).toBe(rows)
  })

  test('takes its rows from a file, settings kept', () => {
    const sql = "INSERT INTO d.t (a, `ü`) SETTINGS x = 'FORMAT' FORMAT Native"
    const statement = read(sql)
    expect(statement.insert && fromFile(statement, statement.insert, "/f'")).toBe(
      "INSERT INTO d.t (a, `ü`)  FROM INFILE '/f\\'' COMPRESSION 'none' SETTINGS x = 'FORMAT'  FORMAT Native",
    )
  })

  test('rows of any bytes stay out of the header and unread', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (rows) => {
        const header = Buffer.from("INSERT INTO t (`ü`) SETTINGS c = '#' FORMAT RowBinary\n")
        const { insert, multiple } = readStatement(Buffer.concat([header, rows]))
        expect(insert?.rowsAt).toBe(header.length)
        expect(multiple).toBe(false)
      }),
    )
  })
})

test('no text makes the reader throw or loop, and tokens never overlap', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'SELECT',
      'INSERT INTO',
      'FORMAT',
      'VALUES',
      "'",
      '"',
      '`',
      '/*',
      '*/',
      '--',
      '\n',
      ';',
      '$$',
      '$a$',
    ),
    fc.constantFrom('(', ')', '{', '}', '[', ']', '\\', '#', '# ', '//', '.', '1e', ' ', 'x', '‘', '“', '\0'),
    fc.string(),
  )
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join('')
      const statement = read(text)
      expect(statement.end).toBeLessThanOrEqual(Buffer.byteLength(text))
      expect(intoFile(statement, 'TSV', '/f', 'none')).toContain("INTO OUTFILE '/f'")
    }),
  )
})
