import { startTestEmbedded, type TestEmbedded } from '@sandglass/embedded/testing'
import { migrate } from '@sandglass/schemas/migrate'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readRows } from '../clickhouse.ts'
import { costSql, taskSql, timelineSql, toolsSql, totalsSql } from '../task/task-queries.ts'
import { namedQueries } from './named-queries.ts'

let clickhouse: TestEmbedded

beforeAll(async () => {
  clickhouse = await startTestEmbedded()
  await migrate(clickhouse.writeClient)
})

afterAll(() => clickhouse.stop())

const everyParam = {
  path: '%',
  prompt: 'p',
  task: 't',
  tenant: 'default',
  sandbox: 's',
  from: '2026-11-23 00:00:00',
}

test.each(namedQueries)('the query $name runs on the migrated schema', async ({ sql }) => {
  const { columns } = await readRows(clickhouse.readClient, sql, everyParam)
  expect(columns.length).toBeGreaterThan(0)
})

test.each(Object.entries({ taskSql, toolsSql, timelineSql, costSql, totalsSql }))(
  '%s of the task command runs on the migrated schema',
  async (_name, sql) => {
    const { columns } = await readRows(clickhouse.readClient, sql, everyParam)
    expect(columns.length).toBeGreaterThan(0)
  },
)
