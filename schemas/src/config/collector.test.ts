import { expect, test } from 'vitest'
import { collectorConfigSchema, renderCollectorConfigPage, tenantsFileSchema } from './collector.ts'
import { parseConfig } from '../config.ts'

test('an empty file is a working local collector', () => {
  const config = parseConfig(collectorConfigSchema, '', {}, 'empty')
  expect(config.listen).toEqual({ host: '127.0.0.1', port: 4318 })
  expect(config.workers).toBe(1)
})

test('a public address without tenants is refused, because anyone could write', () => {
  const text = 'listen: { host: 0.0.0.0 }'
  expect(() => parseConfig(collectorConfigSchema, text, {}, 'x')).toThrow(/tenantsFile/)
  expect(parseConfig(collectorConfigSchema, `${text}\ntenantsFile: t.yaml`, {}, 'x').listen.host).toBe(
    '0.0.0.0',
  )
})

test('all problems come at once, and a misspelt setting is one of them', () => {
  const text = 'workers: 0\nlimits: { bodyBytesMx: 3 }\nresend: { windowMs: 1000 }'
  expect(() => parseConfig(collectorConfigSchema, text, {}, 'x')).toThrow(/3 problem/)
})

test('a tenants file holds hashes, never tokens', () => {
  const text = 'tenants: [{ id: acme, tokenHashes: [secret-token] }]'
  expect(() => parseConfig(tenantsFileSchema, text, {}, 'x')).toThrow(/SHA-256/)
})

test('the tenant of a webhook is as long as the log can keep, in bytes, and no longer', () => {
  const parse = (tenantId: string): unknown =>
    parseConfig(
      collectorConfigSchema,
      `githubWebhooks: [{ tenantId: ${tenantId}, secret: 0123456789abcdef }]`,
      {},
      'x',
    )
  expect(() => parse('a'.repeat(255))).not.toThrow()
  expect(() => parse('a'.repeat(256))).toThrow(/at most 255 bytes/)
  expect(() => parse(`a${'ä'.repeat(127)}`)).not.toThrow()
  expect(() => parse('ä'.repeat(128))).toThrow(/at most 255 bytes/)
})

test('the reference page names every setting with its default and unit', () => {
  const page = renderCollectorConfigPage()
  expect(page).toContain('| `limits.bodyBytesMax` | `67108864` | integer from 1 |')
  expect(page).toContain('| `tenants[].tokenHashes` |')
  expect(page).toContain('| `githubWebhooks[].secret` | must be set |')
  for (const line of page.split('\n').filter((l) => l.startsWith('| `'))) {
    expect(line, 'every setting says what it does').not.toMatch(/\| {2}\|$/)
  }
})
