import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tenantsFileSchema } from '@sandglass/schemas/config/collector'
import { loadConfig } from '@sandglass/schemas/config'
import { afterEach, beforeEach, expect, test } from 'vitest'

const script = join(import.meta.dirname, '../create-secrets.sh')
let root: string
let secrets: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sandglass-secrets-'))
  secrets = join(root, 'secrets')
})
afterEach(() => rmSync(root, { recursive: true }))

const environment = () => ({ ...process.env, SANDGLASS_SECRETS_DIRECTORY: secrets })
const create = (...args: string[]) => execFileSync(script, args, { env: environment(), encoding: 'utf8' })
const read = (file: string) => readFileSync(join(secrets, file), 'utf8')

test('the collector accepts the printed ingest token and the enforcer’s, and no password is used twice', () => {
  const printed = /Ingest token .*: ([0-9a-f]{64})/.exec(create('acme'))?.[1] ?? ''
  const enforcerToken = /SANDGLASS_INGEST_TOKEN=([0-9a-f]{64})/.exec(read('enforcer.env'))?.[1] ?? ''
  const { tenants } = loadConfig(tenantsFileSchema, join(secrets, 'tenants.yaml'), {})
  expect(tenants).toMatchObject([{ id: 'acme', tokenHashes: [printed, enforcerToken].map(sha256) }])
  const passwords = [...read('clickhouse.env').matchAll(/=([0-9a-f]{64})$/gm)].map(([, value]) => value)
  expect(new Set([...passwords, printed, enforcerToken, read('grafana-admin-password')]).size).toBe(7)
})

test('each service is given the password that ClickHouse knows for it', () => {
  create()
  const known = (name: string) => new RegExp(`^${name}=(.+)$`, 'm').exec(read('clickhouse.env'))?.[1]
  expect(read('collector.env')).toContain(
    `CLICKHOUSE_WRITER_PASSWORD=${known('CLICKHOUSE_WRITER_PASSWORD')}\n`,
  )
  expect(read('enforcer.env')).toContain(
    `CLICKHOUSE_ENFORCER_PASSWORD=${known('CLICKHOUSE_ENFORCER_PASSWORD')}\n`,
  )
  expect(read('migrate.env')).toBe(`SANDGLASS_CLICKHOUSE_PASSWORD=${known('CLICKHOUSE_MIGRATE_PASSWORD')}\n`)
  expect(read('clickhouse-reader-password')).toBe(known('CLICKHOUSE_READER_PASSWORD'))
})

test('files with passwords of services are readable by their owner alone', () => {
  create()
  const open = readdirSync(secrets).filter((file) => (statSync(join(secrets, file)).mode & 0o077) !== 0)
  expect(open.sort()).toEqual(['clickhouse-reader-password', 'grafana-admin-password', 'tenants.yaml'])
})

test('existing secrets are never replaced', () => {
  create()
  const before = read('clickhouse.env')
  const again = spawnSync(script, { env: environment(), encoding: 'utf8' })
  expect(again.status).toBe(1)
  expect(again.stderr).toContain('exists and is kept')
  expect(read('clickhouse.env')).toBe(before)
})

test('a tenant name that the collector would refuse is refused before anything is written', () => {
  const refused = spawnSync(script, ['a b'], { env: environment(), encoding: 'utf8' })
  expect(refused.status).toBe(2)
  expect(() => statSync(secrets)).toThrow('ENOENT')
})

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
