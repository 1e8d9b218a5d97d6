import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestEmbedded, type TestEmbedded } from '../testing.ts'

/** No spelling of a statement gets a file of the machine out of the read port. */

const SECRET = 'the content of a file outside the database'

let db: TestEmbedded
let directory: string
let secretFile: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sandglass-guard-'))
  secretFile = join(directory, 'secret.txt')
  await writeFile(secretFile, SECRET)
  db = await startTestEmbedded()
  await db.writeClient.command({ query: 'CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a' })
})
afterAll(async () => {
  await db.stop()
  await rm(directory, { recursive: true, force: true })
})

async function read(query: string): Promise<string> {
  return (await fetch(db.readUrl, { method: 'POST', body: query })).text()
}

/** Ways to read a file, each a template with the path in place of `?`. */
const LEAKS = [
  'SELECT file(?)',
  'SELECT * FROM file(?, LineAsString)',
  'SELECT arrayMap(file, [?])',
  'SELECT * APPLY(file) FROM (SELECT ? AS a)',
  'SELECT * APPLY file FROM (SELECT ? AS a)',
  'SELECT arrayMap(x -> file(x), [?])',
  'SELECT * FROM ?',
  'SELECT count() FROM t WHERE file(?) != 1',
  'DESCRIBE file(?)',
  'WITH file(?) AS f SELECT f',
  'EXPLAIN SELECT file(?)',
  'SELECT * FROM t WHERE a IN (SELECT file(?))',
  'SELECT 1 AS file, file(?)',
  'SELECT * FROM merge(?)',
]

const BLANKS = fc.constantFrom(
  ' ',
  '\n',
  '\t',
  '/**/',
  '/* a /* b */ c */',
  '-- x\n',
  '# x\n',
  '#!x\n',
  '//x\n',
  '\u00a0',
  '\u2003',
)
const QUOTES = fc.constantFrom(
  (name: string) => name,
  (name: string) => `\`${name}\``,
  (name: string) => `"${name}"`,
  (name: string) => `“${name}”`,
)
const STRINGS = fc.constantFrom(
  (text: string) => `'${text}'`,
  (text: string) => `$$${text}$$`,
  (text: string) => `$x$${text}$x$`,
  (text: string) => `‘${text}’`,
  (text: string) => `concat('${text.slice(0, 3)}', '${text.slice(3)}')`,
)
const PREFIXES = fc.constantFrom(
  '',
  "'",
  '"',
  '`',
  '/*',
  '*/',
  '--',
  '#',
  '//',
  '$$',
  '$a$',
  "SELECT ''';",
  '\\',
  '{',
  '‘',
  '(',
)

test('no spelling of a file read gets the file: comments, quotes, case, heredocs, broken beginnings', async () => {
  const spelling = fc.record({
    leak: fc.constantFrom(...LEAKS),
    blanks: fc.array(BLANKS, { minLength: 12, maxLength: 12 }),
    quote: QUOTES,
    string: STRINGS,
    upper: fc.boolean(),
    prefix: PREFIXES,
    suffix: PREFIXES,
  })
  await fc.assert(
    fc.asyncProperty(spelling, async ({ leak, blanks, quote, string, upper, prefix, suffix }) => {
      const name = quote('file')
      const keywords = upper ? leak : leak.replaceAll(/\b[A-Z]+\b/g, (word) => word.toLowerCase())
      const text = keywords.replaceAll(/\bfile\b/g, name).replace('?', string(secretFile))
      let i = 0
      const spaced = text.replaceAll(' ', () => blanks[i++ % blanks.length] ?? ' ')
      for (const query of [
        spaced,
        `${prefix} ${spaced} ${suffix}`,
        `SELECT '${prefix}' AS x, (${spaced}) AS y`,
      ]) {
        const body = await read(query)
        expect(body, query).not.toContain(SECRET)
      }
    }),
    { numRuns: 150 },
  )
})

test('the templates do read the file where nothing guards, so the test above can fail', async () => {
  const headers = { 'X-ClickHouse-User': db.username, 'X-ClickHouse-Key': db.password }
  const answers = await Promise.all(
    LEAKS.slice(0, 6).map(async (leak) => {
      const body = leak.replace('?', `'${secretFile}'`)
      return (await fetch(db.writeUrl, { method: 'POST', headers, body })).text()
    }),
  )
  for (const answer of answers) expect(answer).toContain(SECRET)
})
