import { startTestEmbedded, type TestEmbedded } from '@sandglass/embedded/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exampleCluster, renderClusterGolden } from './cluster-golden.ts'
import { migrate, readMigrations, type MigrationClient } from '../migrate.ts'
import { splitStatements, withoutComments } from './statements.ts'

let engine: TestEmbedded
let statements: readonly string[]
beforeAll(async () => {
  engine = await startTestEmbedded()
  statements = splitStatements(await renderClusterGolden())
})
afterAll(() => engine.stop())

const starting = (form: RegExp) => statements.map(withoutComments).filter((sql) => form.test(sql))

describe('migrations on a cluster', () => {
  it('are statements that the engine can parse', async () => {
    for (const statement of statements) {
      const result = await engine.writeClient.query({
        query: 'SELECT formatQuerySingleLine({statement:String}) AS sql',
        query_params: { statement },
        format: 'JSONEachRow',
      })
      expect(await result.json()).toEqual([{ sql: expect.stringContaining('ON CLUSTER sandglass') }])
    }
  })

  it('replicate every table that keeps rows, keep the deduplication window beyond a day, and put a Distributed one before it', () => {
    const local = starting(/^CREATE TABLE IF NOT EXISTS sandglass_local\./)
    const distributed = starting(/^CREATE TABLE IF NOT EXISTS sandglass\./)
    expect(local.length).toBeGreaterThan(30)
    expect(distributed).toHaveLength(local.length)
    const keeping = local.filter((sql) => !sql.includes('ENGINE = Null'))
    expect(local.length - keeping.length, 'otel_metrics alone keeps nothing').toBe(1)
    expect(
      keeping.filter((sql) => !/ENGINE = Replicated\w*MergeTree\('.*\{shard\}.*', '\{replica\}'/.test(sql)),
    ).toEqual([])
    expect(local.filter((sql) => sql.includes('non_replicated_deduplication_window'))).toEqual([])
    const deduplicated = local.filter((sql) =>
      sql.includes('replicated_deduplication_window_seconds = 3024000'),
    )
    expect(deduplicated.length).toBeGreaterThan(30)
    expect(
      distributed.every((sql) => sql.includes("ENGINE = Distributed('sandglass', 'sandglass_local'")),
    ).toBe(true)
  })

  it('keep the version column of a ReplacingMergeTree', () => {
    expect(starting(/\.watermarks ON CLUSTER/)[0]).toMatch(/ReplicatedReplacingMergeTree\(.*, updated_at\)/)
  })

  it('leave materialized views beside the local tables, so that no insert crosses the network', () => {
    const views = starting(/^CREATE MATERIALIZED VIEW/)
    expect(views.length).toBeGreaterThan(30)
    for (const view of views) {
      expect(view).toMatch(/NOT EXISTS sandglass_local\.\w+ ON CLUSTER 'sandglass' TO sandglass_local\./)
      expect(view).toMatch(/FROM sandglass_local\.\w+/)
      expect(view).not.toMatch(/FROM (?!sandglass_local\.|\()/)
    }
  })

  it('let plain views read every shard', () => {
    for (const view of starting(/^CREATE OR REPLACE VIEW/)) {
      expect(view).not.toMatch(/FROM (?!sandglass\.|\()/)
    }
  })

  it('run in the order of the files and are remembered in the Distributed table', async () => {
    const sent: string[] = []
    const client: MigrationClient = {
      command: async ({ query }) => sent.push(query),
      query: async () => ({ json: async () => [] }),
    }
    await migrate(client, { deployment: exampleCluster })
    const ran = sent.filter((sql) => !/\bmigrations\b/.test(sql))
    expect(ran).toEqual(statements.map((sql) => sql.replace(/^-- \d{4}_\w+\.sql\n\n/, '')))
    expect(sent.filter((sql) => sql.startsWith('INSERT INTO sandglass.migrations'))).toHaveLength(
      (await readMigrations()).length,
    )
  })
})
