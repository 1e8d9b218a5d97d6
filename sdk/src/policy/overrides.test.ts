import { expect, test } from 'vitest'
import { covers } from './overrides.ts'
import type { Override } from './types.ts'

const override = (subject: string): Override => ({
  id: 'o',
  actor: { id: 'p', type: 'human' },
  reason: 'r',
  ticket: 't',
  scope: { subject },
  expiresAt: 1,
})
const asks = (kind: 'command' | 'path', pattern: string, subject: string): boolean =>
  covers(override(pattern), { kind, subject, rule: 'r', taskId: undefined, sandboxId: 's' })

test('an override of commands reads its glob as the rules do: a slash is an ordinary character', () => {
  expect(asks('command', 'curl *', 'curl https://x.example/a')).toBe(true)
  expect(asks('command', 'curl *', 'wget https://x.example/a')).toBe(false)
})

test('and one of paths keeps within a folder', () => {
  expect(asks('path', '/a/*', '/a/b')).toBe(true)
  expect(asks('path', '/a/*', '/a/b/c')).toBe(false)
})
