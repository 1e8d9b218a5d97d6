import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { clickhouseDatasource } from '@sandglass/dashboards'
import { budgetsSchema } from '@sandglass/schemas/budgets'
import { loadConfig } from '@sandglass/schemas/config'
import { collectorConfigSchema } from '@sandglass/schemas/config/collector'
import { enforcerConfigSchema } from '@sandglass/schemas/config/enforcer'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

interface Service {
  image: string
  build?: { dockerfile: string }
  restart: string
  command?: string[]
  environment?: Record<string, string>
  env_file?: string
  ports?: string[]
  volumes?: string[]
  secrets?: string[]
  healthcheck?: { test: string[] }
  depends_on?: Record<string, { condition: string }>
}

interface Compose {
  services: Record<string, Service>
  volumes: Record<string, unknown>
  secrets: Record<string, { file: string }>
}

const compose: Compose = parse(read('docker-compose.yml'), { merge: true })
const services = Object.entries(compose.services)
const users: Record<
  string,
  { profile: string; password: Record<string, string>; grants: { query: string[] } }
> = parse(read('deploy/clickhouse/users.d/sandglass.yaml')).users
const made = [...read('deploy/create-secrets.sh').matchAll(/>"\$directory\/([\w.-]+)"/g)].map(
  ([, file]) => file,
)

test('the parts are ClickHouse, a migration that ends, collector, enforcer and Grafana', () => {
  expect(services.map(([name]) => name)).toEqual([
    'clickhouse',
    'migrate',
    'collector',
    'enforcer',
    'grafana',
  ])
})

test('ClickHouse is of the line that the migrations are written for, and no image floats', () => {
  expect(compose.services['clickhouse']?.image).toBe('clickhouse/clickhouse-server:26.7')
  for (const [name, { image }] of services) expect(image, name).toMatch(/:.*[^:]$/)
  for (const [name, { image }] of services) expect(image, name).not.toContain('latest')
})

test('every service that stays is watched, and nothing starts before what it needs is healthy', () => {
  const staying = services.filter(([, { restart }]) => restart === 'unless-stopped')
  expect(staying.map(([name]) => name)).toEqual(['clickhouse', 'collector', 'enforcer', 'grafana'])
  for (const [name, { healthcheck }] of staying) expect(healthcheck?.test[0], name).toBe('CMD')
  const conditions = services.flatMap(([, { depends_on = {} }]) => Object.entries(depends_on))
  for (const [name, { condition }] of conditions)
    expect(condition, name).toBe(name === 'migrate' ? 'service_completed_successfully' : 'service_healthy')
})

test('only the collector and Grafana are published, on loopback unless told otherwise', () => {
  const published = services.flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]))
  expect(published).toEqual([
    ['collector', '${SANDGLASS_BIND:-127.0.0.1}:4318:4318'],
    ['grafana', '${SANDGLASS_BIND:-127.0.0.1}:3000:3000'],
  ])
})

test('what must survive a container lies in a named volume, and every mounted file exists', () => {
  const mounts = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')))
  const named = mounts.filter(([source = '']) => !source.startsWith('.')).map(([source]) => source)
  expect(new Set(named)).toEqual(new Set(Object.keys(compose.volumes)))
  for (const [source = '', , mode] of mounts.filter(([path = '']) => path.startsWith('.'))) {
    expect(existsSync(join(root, source)), source).toBe(true)
    expect(mode, source).toBe('ro')
  }
})

test('every secret that is named is made by create-secrets.sh', () => {
  const files = [
    ...Object.values(compose.secrets).map(({ file }) => file),
    ...services.flatMap(([, { env_file }]) => (env_file === undefined ? [] : [env_file])),
  ]
  expect(new Set(files)).toEqual(new Set(made.map((file) => `deploy/secrets/${file}`)))
  const used = services.flatMap(([, { secrets = [] }]) => secrets)
  expect(new Set(used)).toEqual(new Set(Object.keys(compose.secrets)))
})

test('no secret stands in the compose file or in a configuration file', () => {
  const files = [
    'docker-compose.yml',
    'deploy/collector.yaml',
    'deploy/enforcer.yaml',
    'deploy/grafana/datasources/clickhouse.yaml',
  ]
  for (const file of files) {
    const values = [...read(file).matchAll(/^\s*[\w]*(?:password|secret|token):\s*([^\s{]+)/gim)].map(
      ([, value]) => value,
    )
    for (const value of values) expect(value, file).toMatch(/^(\$|\/run\/secrets\/)/)
  }
})

test('the commands of our image are files of the repository', () => {
  const ours = services.flatMap(([, { build, command = [] }]) => (build ? [command[0] ?? ''] : []))
  expect(ours).toEqual(['cli/src/main.ts', 'collector/src/main.ts', 'enforcer/src/main.ts'])
  for (const main of ours) expect(existsSync(join(root, main)), main).toBe(true)
})

test('the collector accepts its configuration', () => {
  const config = loadConfig(collectorConfigSchema, join(root, 'deploy/collector.yaml'), {
    CLICKHOUSE_WRITER_PASSWORD: 'p',
  })
  expect(config.clickhouse).toMatchObject({
    url: 'http://clickhouse:8123',
    username: 'sandglass_writer',
    password: 'p',
  })
  expect(config.dataDir).toMatch(/^\/var\/lib\/sandglass/)
})

test('the enforcer accepts its configuration and its budgets', () => {
  const environment = {
    SANDGLASS_TENANT: 'acme',
    SANDGLASS_INGEST_TOKEN: 't',
    CLICKHOUSE_ENFORCER_PASSWORD: 'p',
  }
  const config = loadConfig(enforcerConfigSchema, join(root, 'deploy/enforcer.yaml'), environment)
  expect(config).toMatchObject({ tenantId: 'acme', collector: { token: 't' }, budgetsFile: 'budgets.yaml' })
  expect(loadConfig(budgetsSchema, join(root, 'deploy/budgets.yaml'), {}).budgets).toHaveLength(1)
})

test('health is asked where the services listen', () => {
  const asked = (name: string) => compose.services[name]?.healthcheck?.test.at(-1)
  expect(asked('collector')).toContain('http://127.0.0.1:4318/health')
  expect(asked('enforcer')).toContain('http://127.0.0.1:4319/health')
})

test('every user of ClickHouse has a password of its own and no more rights than its service needs', () => {
  expect(Object.fromEntries(Object.entries(users).map(([name, { grants }]) => [name, grants.query]))).toEqual(
    {
      sandglass_migrate: ['GRANT ALL ON default.*'],
      sandglass_writer: ['GRANT SELECT, INSERT ON default.*'],
      sandglass_enforcer: ['GRANT SELECT ON default.*'],
      grafana_reader: ['GRANT SELECT ON default.*'],
    },
  )
  const passwords = Object.values(users).map(({ password }) => password['@from_env'] ?? '')
  expect(new Set(passwords).size).toBe(4)
  for (const name of passwords) expect(read('deploy/create-secrets.sh')).toContain(`${name}=`)
})

test('Grafana reads as a user that cannot write, through the datasource that dashboards and alerts name', () => {
  const { datasources } = parse(read('deploy/grafana/datasources/clickhouse.yaml'))
  expect(datasources[0]).toMatchObject({
    ...clickhouseDatasource,
    jsonData: { host: 'clickhouse', username: 'grafana_reader' },
    secureJsonData: { password: '$__file{/run/secrets/clickhouse_reader_password}' },
  })
  const { profiles } = parse(read('deploy/clickhouse/users.d/sandglass.yaml'))
  expect(users['grafana_reader']?.profile).toBe('sandglass_reader')
  expect(profiles.sandglass_reader).toMatchObject({
    readonly: 1,
    constraints: { max_execution_time: { changeable_in_readonly: '' } },
  })
})
