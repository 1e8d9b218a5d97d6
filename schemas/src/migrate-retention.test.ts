import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { single } from './migrate-render.ts'
import { renderRetention, retentionSchema } from './migrate-retention.ts'
import { attr, event } from './semconv.ts'
import { openPriceBook } from './price-book.ts'
import { logRow, spanRow } from './testing/rows.ts'
import { startTestStore, type TestStore } from './testing/store.ts'

const DAY_MS = 86_400_000
let store: TestStore
beforeAll(async () => {
  store = await startTestStore()
})
afterAll(() => store.stop())

const keep = async (settings: Readonly<Record<string, unknown>>) => {
  for (const query of renderRetention(retentionSchema.parse(settings), single))
    await store.client.command({ query })
}

/** A span and an event of some days ago. */
async function happened(daysAgo: number): Promise<void> {
  const timeMs = Date.now() - daysAgo * DAY_MS
  const attributes = { [attr.taskId]: `task_${daysAgo}`, [attr.secretName]: 'NPM_TOKEN', [attr.tier]: 'B' }
  await store.insert('otel_traces', [spanRow({ name: 'node', timeMs, attributes })], `spans-${daysAgo}`)
  await store.insert(
    'otel_logs',
    [logRow({ name: event.secretAccessed, timeMs, attributes }, openPriceBook())],
    `logs-${daysAgo}`,
  )
}

const tasksIn = async (table: string, column: string) =>
  (await store.read(`SELECT DISTINCT ${column} AS task FROM ${table} ORDER BY task`)).map(({ task }) =>
    String(task),
  )

/** Expired parts leave at a merge; a forced one finds them at once. */
async function merge(): Promise<void> {
  for (const table of ['otel_traces', 'otel_logs', 'secret_accesses']) {
    await store.client.command({ query: `OPTIMIZE TABLE ${table} FINAL` })
  }
}

it('expired rows leave the engine, raw ones first, and a legal hold keeps them', async () => {
  await keep({ rawDays: 600, auditDays: 600 })
  for (const daysAgo of [1, 40, 500]) await happened(daysAgo)
  await keep({ legalHold: true })
  const forgetful = await store.read(
    `SELECT table FROM system.parts WHERE active AND database = currentDatabase() AND delete_ttl_info_max < now() + INTERVAL 10 YEAR
       AND table IN ('otel_traces', 'otel_logs', 'secret_accesses')`,
  )
  expect(forgetful).toEqual([])
  await merge()
  expect(await tasksIn('otel_traces', 'TaskId')).toEqual(['task_1', 'task_40', 'task_500'])

  await keep({})
  await vi.waitUntil(
    async () => {
      await merge()
      const [spans, secrets] = [
        await tasksIn('otel_traces', 'TaskId'),
        await tasksIn('secret_accesses', 'task_id'),
      ]
      return spans.join() === 'task_1' && secrets.join() === 'task_1,task_40'
    },
    { timeout: 30_000, interval: 200 },
  )
  expect(await tasksIn('otel_logs', 'TaskId')).toEqual(['task_1'])
}, 60_000)

it('every table with the retention of audit or raw data is held by a hold', async () => {
  const held = renderRetention(retentionSchema.parse({ legalHold: true }), single)
  const expiring = await store.read(
    `SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'
       AND match(create_table_query, 'TTL (toDateTime\\\\((time|Timestamp)\\\\)|Start)') ORDER BY name`,
  )
  const heldTables = new Set(held.map((sql) => /^ALTER TABLE (\w+)/.exec(sql)?.[1]))
  // Spend keeps its own time.
  const exempt = new Set(['task_starts'])
  expect(
    expiring.map(({ name }) => String(name)).filter((name) => !heldTables.has(name) && !exempt.has(name)),
  ).toEqual([])
  expect(held.every((sql) => sql.includes('toIntervalDay(18250)'))).toBe(true)
})
