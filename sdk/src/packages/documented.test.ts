import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const PACKAGE = join(import.meta.dirname, '../..')

interface Exported {
  readonly name: string
  readonly file: string
}

/** What an entry point exports, and from which file. */
function exportsOf(entry: string): Exported[] {
  const text = readFileSync(entry, 'utf8')
  return [...text.matchAll(/^export (?:type )?\{([^}]*)\} from '(\.[^']+)'/gm)].flatMap(
    ([, names = '', from = '']) =>
      names
        .split(',')
        .map((name) => name.trim().replace(/^type /, ''))
        .filter((name) => name !== '')
        .map((name) => ({ name, file: join(dirname(entry), from) })),
  )
}

const isDocumented = ({ name, file }: Exported): boolean =>
  new RegExp(
    String.raw`\*/\n(?:// oxlint[^\n]*\n)?export (?:declare )?(?:async )?(?:abstract )?(?:function|const|interface|type|class) ${name}\b`,
  ).test(readFileSync(file, 'utf8'))

const manifest = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>
}
const entries = Object.entries(manifest.exports)
  .filter(([, conditions]) => conditions['types'] !== undefined)
  .map(([name, conditions]) => [name, join(PACKAGE, conditions['@sandglass/source'] ?? '')] as const)

test.each(entries)('every symbol of the entry point %s says what it is', (_, entry) => {
  const exported = exportsOf(entry)
  expect(exported.length).toBeGreaterThan(0)
  expect(exported.filter((symbol) => !isDocumented(symbol)).map(({ name }) => name)).toEqual([])
})

test('a symbol without a word is found', () => {
  const file = join(PACKAGE, 'src/packages/testing/undocumented.ts')
  expect(isDocumented({ name: 'undocumented', file })).toBe(false)
  expect(isDocumented({ name: 'documented', file })).toBe(true)
})
