import { spawn, type ChildProcess } from 'node:child_process'
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createClient, type ClickHouseClient } from '@clickhouse/client'
import { startTestEmbedded, type TestEmbedded } from '@sandglass/embedded/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { migrate, migrationsDirectory, planMigrations, readMigrations, schemaVersion } from './migrate.ts'

let engine: TestEmbedded
let client: ClickHouseClient
let database: string
let directory: string
let databases = 0
const children: ChildProcess[] = []

beforeAll(async () => {
  engine = await startTestEmbedded()
})
afterAll(() => engine.stop())

beforeEach(async () => {
  databases += 1
  database = `migrated_${databases}`
  await engine.writeClient.command({ query: `CREATE DATABASE ${database}` })
  client = connect()
  directory = await mkdtemp(join(tmpdir(), 'sandglass-migrations-'))
  await cp(migrationsDirectory, directory, { recursive: true })
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await client.close()
  await rm(directory, { recursive: true })
})

const connect = () =>
  createClient({ url: engine.writeUrl, username: engine.username, password: engine.password, database })

async function schema(of = client): Promise<unknown> {
  const result = await of.query({
    query: `SELECT name, replaceAll(create_table_query, currentDatabase(), 'db') AS ddl FROM system.tables
      WHERE database = currentDatabase() ORDER BY name`,
    format: 'JSONEachRow',
  })
  return result.json()
}

async function tableCount(): Promise<number> {
  const result = await client.query({
    query: `SELECT count() AS tables FROM system.tables WHERE database = currentDatabase()`,
    format: 'JSONEachRow',
  })
  const [row] = await result.json<{ tables: string }>()
  return Number(row?.tables)
}

function migrateInChild(): ChildProcess {
  const script = join(import.meta.dirname, 'testing/migrate-child.ts')
  const child = spawn(
    process.execPath,
    ['--conditions=@sandglass/source', script, engine.writeUrl, engine.username, engine.password, database],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  children.push(child)
  return child
}

/** The schema that one undisturbed run leaves. */
async function expectedSchema(): Promise<unknown> {
  await engine.writeClient.command({ query: `CREATE DATABASE IF NOT EXISTS undisturbed` })
  const { writeUrl: url, username, password } = engine
  const other = createClient({ url, username, password, database: 'undisturbed' })
  await migrate(other)
  const expected = await schema(other)
  await other.close()
  return expected
}

it('applies every file once, and a second run changes nothing', async () => {
  const first = await migrate(client)
  const before = await schema()
  const second = await migrate(client)
  const files = (await readdir(directory)).toSorted().map((file) => basename(file, '.sql'))
  expect(first.applied).toEqual(files)
  expect(second).toEqual({ applied: [], version: first.version })
  expect(await schema()).toEqual(before)
  expect(await schemaVersion(client)).toBe(first.version)
})

it('ends in the same schema when two processes migrate at once', async () => {
  const outputs = await Promise.all(
    [migrateInChild(), migrateInChild()].map(async ({ stdout }) => (stdout === null ? '' : text(stdout))),
  )
  expect(outputs).toEqual([expect.stringMatching(/^\[/), expect.stringMatching(/^\[/)])
  expect(await schema()).toEqual(await expectedSchema())
  expect(await migrate(client)).toMatchObject({ applied: [] })
})

it.each([3, 40])('ends in the same schema after a kill once %i tables stood', async (tables) => {
  const child = migrateInChild()
  await vi.waitUntil(async () => (await tableCount()) >= tables, { timeout: 20_000, interval: 1 })
  child.kill('SIGKILL')
  const interrupted = await tableCount()
  await migrate(client)
  expect(await schema()).toEqual(await expectedSchema())
  expect(interrupted).toBeLessThan(await tableCount())
})

it('refuses a file that was edited after it was applied, and says what to do', async () => {
  await migrate(client, { directory })
  await writeFile(
    join(directory, '0003_watermarks.sql'),
    'CREATE TABLE IF NOT EXISTS watermarks (a Int8) ENGINE = Log;',
  )
  const refusal = {
    code: 'edited',
    message: expect.stringMatching(/0003_watermarks\.sql was edited.*new migration/s),
  }
  await expect(migrate(client, { directory })).rejects.toMatchObject(refusal)
  await expect(planMigrations(client, { directory })).rejects.toMatchObject(refusal)
})

it('refuses a database that a newer version has migrated', async () => {
  const next = String(((await readMigrations()).at(-1)?.version ?? 0) + 1).padStart(4, '0')
  await writeFile(join(directory, `${next}_future.sql`), 'CREATE VIEW IF NOT EXISTS future AS SELECT 1;')
  await migrate(client, { directory })
  await expect(migrate(client)).rejects.toMatchObject({
    code: 'unknown',
    message: expect.stringContaining('newer'),
  })
})

it.each([
  ['a number that repeats', '0016_late.sql', 'CREATE VIEW IF NOT EXISTS late AS SELECT 1;', 'misnumbered'],
  ['a number before the first', '0000_early.sql', 'CREATE VIEW IF NOT EXISTS e AS SELECT 1;', 'misnumbered'],
  [
    'a statement that cannot run twice',
    '0099_once.sql',
    'CREATE TABLE once (a Int8) ENGINE = Log;',
    'unrepeatable',
  ],
  ['an insert, which would double', '0099_rows.sql', 'INSERT INTO watermarks SELECT 1;', 'unrepeatable'],
])('refuses %s before it touches the database', async (_, file, sql, code) => {
  await writeFile(join(directory, file), sql)
  await expect(migrate(client, { directory })).rejects.toMatchObject({ code })
  expect(await schemaVersion(client)).toBe(0)
})

it('applies a file whose number lies before those that were applied', async () => {
  await writeFile(join(directory, '0999_first.sql'), 'CREATE VIEW IF NOT EXISTS first AS SELECT 1;')
  await migrate(client, { directory })
  await writeFile(join(directory, '0998_second.sql'), 'CREATE VIEW IF NOT EXISTS second AS SELECT 1;')
  expect(await migrate(client, { directory })).toEqual({ applied: ['0998_second'], version: 999 })
})

it('prints its plan without changing anything', async () => {
  const planned = await planMigrations(client)
  expect(planned.every(({ state, statements }) => state === 'pending' && statements.length > 0)).toBe(true)
  expect(await tableCount()).toBe(0)
  await migrate(client)
  expect((await planMigrations(client)).map(({ state }) => state)).toEqual(planned.map(() => 'applied'))
})
