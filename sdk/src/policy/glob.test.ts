import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { commandSubjects } from './command-subjects.ts'
import { compileGlob } from './glob.ts'

/** What a glob means, in the words of a regular expression: right, but slow where its text is hostile. */
function meaning(pattern: string, flat: boolean): RegExp {
  const within = flat ? '.' : '[^/]'
  const source = pattern.replaceAll(/\*\*\/?|[*?]|[^*?]+/g, (part) => {
    if (part === '*') return `${within}*`
    if (part === '?') return within
    if (part === '**/' && !flat) return '(?:.*/)?'
    return part.startsWith('**') ? '.*' : part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
  })
  return new RegExp(`^${source}$`, 's')
}

const textOf = (alphabet: readonly string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...alphabet), { maxLength: 8 }).map((parts) => parts.join(''))

test('a glob means what it means as a regular expression', () => {
  fc.assert(
    fc.property(
      textOf(['a', 'b', '/', '*', '**', '**/', '?', '.', '\n', '|']),
      textOf(['a', 'b', '/', '.', '\n', '|']),
      fc.boolean(),
      (pattern, text, flat) => {
        expect(compileGlob(pattern, flat).test(text)).toBe(meaning(pattern, flat).test(text))
      },
    ),
    { numRuns: 5_000 },
  )
})

const CPU_NOISE_MS = 5

function cpuMs(run: () => void): number {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

/** Eight times the text takes about eight times as long: of quadratic work it would be sixty-four. */
function isLinear(run: (length: number) => void): boolean {
  const short = 4_000
  run(short)
  const linearMs =
    8 *
    Math.max(
      cpuMs(() => run(short)),
      CPU_NOISE_MS,
    )
  return cpuMs(() => run(8 * short)) < 4 * linearMs
}

test.each([
  ['*curl*|*sh*', 'curl|'],
  ['*curl*http*|*sh*', 'curl http|'],
  ['*a*a*a*a*b', 'a'],
  ['**/a/**/a/**/b', 'a/'],
])('%s takes time in proportion to the text, also to a hostile one', (pattern, unit) => {
  const glob = compileGlob(pattern, !pattern.includes('/'))
  expect(isLinear((length) => void glob.test(unit.repeat(length / unit.length)))).toBe(true)
})

test('so does finding the commands of a script', () => {
  const withGap = (length: number): unknown => commandSubjects(`sh -c 'a${' '.repeat(length * 4)}b'`)
  expect(isLinear(withGap)).toBe(true)
})
