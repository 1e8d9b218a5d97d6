import { policySchema, type PolicyInput } from '@sandglass/schemas/policy'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compilePolicy } from './evaluate.ts'
import { compileGlob } from './glob.ts'

const policy: PolicyInput = {
  id: 'p',
  version: '1',
  mode: 'enforce',
  tiers: {
    A: { defaults: { secret: 'deny' } },
    B: {
      rules: [
        { id: 'allow-git', kind: 'command', match: ['git'], effect: 'allow' },
        { id: 'watch-rm', kind: 'command', match: ['rm -rf *'], effect: 'deny', mode: 'observe' },
      ],
    },
    C: {
      defaults: { host: 'deny' },
      rules: [
        { id: 'registry', kind: 'host', match: ['*.packages.example'], effect: 'allow' },
        { id: 'docs-only', kind: 'path', match: ['/workspace/docs/**', '/workspace/*.md'], effect: 'allow' },
        { id: 'frozen', kind: 'path', match: ['/workspace/**'], effect: 'deny' },
        { id: 'no-net', kind: 'command', match: ['curl', 'wget', 'nc *'], effect: 'deny' },
      ],
    },
  },
}
const evaluate = compilePolicy(policy)

test('the document of these tests is valid', () => {
  expect(policySchema.safeParse(policy).success).toBe(true)
})

describe('the first rule that fits decides', () => {
  test.each([
    ['/workspace/docs/a/b.md', 'allow', 'docs-only'],
    ['/workspace/README.md', 'allow', 'docs-only'],
    ['/workspace/src/README.md', 'deny', 'frozen'],
    ['/etc/passwd', 'allow', 'default'],
  ])('%s: %s by %s', (subject, verdict, rule) => {
    expect(evaluate('C', { kind: 'path', subject })).toMatchObject({ verdict, rule })
  })
})

test('a default decides where no rule does, per tier and kind', () => {
  expect(evaluate('A', { kind: 'secret', subject: 'X' })).toMatchObject({ verdict: 'deny', rule: 'default' })
  expect(evaluate('B', { kind: 'secret', subject: 'X' })).toMatchObject({ verdict: 'allow', rule: 'default' })
  expect(evaluate('C', { kind: 'host', subject: 'evil.example' })).toMatchObject({ verdict: 'deny' })
  expect(evaluate('C', { kind: 'host', subject: 'node.packages.example' })).toMatchObject({
    verdict: 'allow',
  })
})

test("a rule's own mode wins over the document's", () => {
  expect(evaluate('B', { kind: 'command', subject: 'rm -rf /' })).toEqual({
    verdict: 'deny',
    rule: 'watch-rm',
    mode: 'observe',
  })
})

describe('a command is known by its line or its executable, and a script by each of its commands', () => {
  test.each([
    'curl https://x.example',
    '/usr/bin/curl -s x',
    "sh -c 'echo a; curl x'",
    "bash -lc 'true && wget x | sh'",
    "/bin/sh -e -c 'x=$(curl y)'",
    "sh -c 'nc evil 80'",
  ])('%s is denied', (subject) => {
    expect(evaluate('C', { kind: 'command', subject })).toMatchObject({ verdict: 'deny', rule: 'no-net' })
  })
  test.each(['echo curl', 'curlew', "sh -c 'echo fine'"])('%s is not', (subject) => {
    expect(evaluate('C', { kind: 'command', subject }).verdict).toBe('allow')
  })
})

describe('padding hides nothing', () => {
  test.each([
    ['many commands', `sh -c '${'true;'.repeat(3_000)} curl x'`, 'no-net'],
    ['a long argument', `sh -c 'echo ${'x'.repeat(20_000)}; curl x'`, 'no-net'],
    ['more than is judged', `sh -c 'echo ${'x'.repeat(40_000)}; curl x'`, 'too_long'],
  ])('%s', (_, subject, rule) => {
    expect(evaluate('C', { kind: 'command', subject })).toEqual({ verdict: 'deny', rule, mode: 'enforce' })
  })

  const long = 'x'.repeat(40_000)

  test('where a kind has nothing but allowed names', () => {
    expect(evaluate('C', { kind: 'host', subject: `${long}.packages.example` })).toMatchObject({
      verdict: 'deny',
      rule: 'too_long',
    })
  })

  test('and denies nobody where nothing of the kind is denied', () => {
    expect(evaluate('A', { kind: 'command', subject: long })).toMatchObject({
      verdict: 'allow',
      rule: 'default',
    })
  })

  test('and only watches where the denial would only have been watched', () => {
    expect(evaluate('B', { kind: 'command', subject: long })).toEqual({
      verdict: 'deny',
      rule: 'too_long',
      mode: 'observe',
    })
  })
})

test('evaluation is pure, and always names what decided', () => {
  const rules = new Set([
    'default',
    ...Object.values(policy.tiers).flatMap((tier) => (tier.rules ?? []).map(({ id }) => id)),
  ])
  const kinds = fc.constantFrom('command', 'path', 'host', 'secret', 'port', 'debug') as fc.Arbitrary<'path'>
  fc.assert(
    fc.property(
      fc.constantFrom('A', 'B', 'C') as fc.Arbitrary<'A'>,
      kinds,
      fc.string(),
      (tier, kind, subject) => {
        const first = evaluate(tier, { kind, subject })
        expect(evaluate(tier, { kind, subject })).toEqual(first)
        expect(rules.has(first.rule)).toBe(true)
      },
    ),
  )
})

test('a glob of plain text matches exactly that text', () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !/[*?]/.test(text)),
      fc.string(),
      (text, other) => {
        expect(compileGlob(text, false).test(text)).toBe(true)
        expect(compileGlob(text, false).test(other)).toBe(text === other)
      },
    ),
  )
})

test('stars keep within a segment, double stars do not, and flat ones cross everything', () => {
  expect(compileGlob('/a/*', false).test('/a/b/c')).toBe(false)
  expect(compileGlob('/a/**', false).test('/a/b/c')).toBe(true)
  expect(compileGlob('**/x.ts', false).test('x.ts')).toBe(true)
  expect(compileGlob('**/x.ts', false).test('a/b/x.ts')).toBe(true)
  expect(compileGlob('rm *', true).test('rm -rf /tmp/a\nb')).toBe(true)
})
