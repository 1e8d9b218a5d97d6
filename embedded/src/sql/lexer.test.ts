import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestEmbedded, type TestEmbedded } from '../testing.ts'
import { lex } from './lexer.ts'

/** The lexer against the engine's own idea of where comments, strings and names end. */

let db: TestEmbedded
beforeAll(async () => {
  db = await startTestEmbedded()
})
afterAll(async () => db.stop())

async function printedByEngine(sql: string): Promise<string> {
  const result = await db.writeClient.query({
    query: 'SELECT formatQuerySingleLine({sql:String}) AS printed',
    query_params: { sql },
    format: 'JSONEachRow',
  })
  return (await result.json<{ printed: string }>())[0]?.printed ?? ''
}

const texts = (sql: string): string[] => [...lex(sql)].map((token) => token.text)

test.each([
  'SELECT /* a /* b */ c */ 1',
  'SELECT -- x\n 1',
  'SELECT # x\n 1',
  'SELECT #!x\n 1',
  'SELECT // x\n 1',
  "SELECT 'it''s', 'it\\'s', 'a\\\\'",
  'SELECT "a""b", `c``d`, "e\\"f", `g\\`h`',
  'SELECT $$a $ b$$, $x$ $$ $x$',
  'SELECT 1\u00a0+\u20032',
  'SELECT {p:UInt8}, {q:Array(String)}',
  'SELECT a.b.`c`.1, 1.5, 31, _x1, t.*',
])('%j has the tokens the engine sees', async (sql) => {
  const significant = (all: string[]): string =>
    all
      .map((text) => text.replaceAll(/[`"]|^'|'$|^\$\w*\$|\$\w*\$$/g, ''))
      .join('')
      .toLowerCase()
  const printed = await printedByEngine(sql)
  // strings are compared by content, so both spellings are undone first
  expect(significant(texts(sql)).replaceAll("''", "\\'").replaceAll(' ', '')).toBe(
    significant(texts(printed)).replaceAll(' ', ''),
  )
})

test('an unfinished string or name runs to the end', () => {
  expect([...lex("a 'b c")].at(-1)).toMatchObject({ kind: 'invalid', text: "'b c" })
  expect([...lex('a `b c')].at(-1)).toMatchObject({ kind: 'invalid' })
})
