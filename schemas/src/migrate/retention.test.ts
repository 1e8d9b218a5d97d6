import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { single } from './render.ts'
import { renderRetention, retentionSchema } from './retention.ts'
import { attr, event } from '../semconv.ts'
import { openPriceBook } from '../price-book.ts'
import { logRow, spanRow } from '../testing/rows.ts'
import { startTestStore, type TestStore } from '../testing/store.ts'

const DAY_MS = 86_400_000
let store: TestStore
beforeAll(async () => {
  store = await startTestStore()
})
afterAll(() => store.stop())

const keep = async (settings: Readonly<Record<string, unknown>>) => {
  for (const query of await renderRetention(retentionSchema.parse(settings), single))
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

it('a hold keeps every table that expires, whatever its class, and its end gives each its own time back', async () => {
  const ttls = async () => {
    const rows = await store.read(
      `SELECT name, extract(create_table_query, ' TTL (.+) SETTINGS ') AS ttl FROM system.tables
       WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND create_table_query LIKE '% TTL %' AND name != 'watermarks' ORDER BY name`,
    )
    return Object.fromEntries(rows.map(({ name, ttl }) => [String(name), String(ttl)]))
  }
  await keep({})
  const before = await ttls()
  await keep({ legalHold: true })
  const held = await ttls()
  expect(Object.keys(held).length).toBeGreaterThan(35)
  expect(Object.entries(held).filter(([, ttl]) => !ttl.endsWith('toIntervalDay(18250)'))).toEqual([])
  await keep({})
  expect(await ttls()).toEqual(before)
  expect([before['charges'], before['otel_logs'], before['policy_events']]).toEqual([
    'toDateTime(charge_period_start) + toIntervalMonth(25)',
    'toDateTime(Timestamp) + toIntervalDay(30)',
    'toDateTime(time) + toIntervalDay(400)',
  ])
}, 120_000)
