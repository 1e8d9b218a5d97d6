import { afterAll, beforeAll, expect, it } from 'vitest'
import { cloudflareEditions } from '../price-book/data.ts'
import { openPriceBook } from '../price-book.ts'
import { attr, event } from '../semconv.ts'
import { logRow, type Attributes } from '../testing/rows.ts'
import { startTestStore, type TestStore } from '../testing/store.ts'
import { readMigrations } from './files.ts'

/** A day of one team: two tasks succeed, one fails and is tried again, a sandbox stands idle, one of two changes is reverted. */
let store: TestStore
// Monday noon two weeks ago at most, so that the week of the tasks holds all of the day.
const noonMs = Math.floor(Date.now() / 86_400_000 - 2) * 86_400_000 + 12 * 3_600_000
const context = {
  [attr.teamId]: 'payments',
  [attr.taskClass]: 'code_fix',
  [attr.tier]: 'B',
  [attr.sandboxId]: 's',
}

let sequence = 0
const happening = (name: string, attributes: Attributes) => {
  sequence += 1
  return logRow(
    { name, timeMs: noonMs + sequence, attributes: { ...context, ...attributes } },
    openPriceBook(),
  )
}

const finished = (taskId: string, outcome: string, durationS: number, attempt = 1) => [
  happening(event.taskStarted, { [attr.taskId]: taskId, [attr.taskAttempt]: attempt }),
  happening(event.taskFinished, {
    [attr.taskId]: taskId,
    [attr.taskOutcome]: outcome,
    [attr.taskDuration]: durationS,
    [attr.taskAttempt]: attempt,
  }),
]

/** A minute on a standard-1: memory 0.0006, disk 0.0000336, Durable Object 0.000096 USD; CPU 0.00002 USD a second. */
const minute = (taskId: string, cpuS: number, idleS: number, attempt = 1) =>
  happening(event.usageMeasured, {
    ...(taskId === '' ? { [attr.taskClass]: '' } : { [attr.taskId]: taskId, [attr.usageTaskIds]: [taskId] }),
    [attr.taskAttempt]: attempt,
    [attr.instanceType]: 'standard-1',
    [attr.sandboxGeneration]: 1,
    [attr.usageSequence]: sequence,
    [attr.usageStart]: noonMs - 60_000,
    [attr.usageEnd]: noonMs,
    [attr.cpuTime]: cpuS,
    [attr.timeIdle]: idleS,
    [attr.timeCommand]: 60 - idleS,
    [attr.memoryPeak]: 1024 ** 3,
    [attr.diskPeak]: 1_000_000_000,
  })

const change = (name: string, changeId: string, taskIds: readonly string[], shares: readonly number[] = []) =>
  happening(name, {
    [attr.repositoryUrl]: 'https://code.example/shop',
    [attr.changeId]: changeId,
    [attr.changeTaskIds]: taskIds,
    [attr.changeTaskShares]: shares,
  })

const MINUTE_USD = 0.0006 + 0.0000336 + 0.000096

beforeAll(async () => {
  store = await startTestStore()
  await store.insert(
    'otel_logs',
    [
      ...finished('a', 'success', 100),
      ...finished('b', 'failure', 200),
      ...finished('c', 'success', 300, 2),
      minute('a', 10, 0),
      minute('b', 20, 30),
      minute('c', 30, 0, 2),
      minute('', 0, 60),
      change(event.changeMerged, 'shop#1', ['a']),
      change(event.changeMerged, 'shop#2', ['b', 'c'], [0.25, 0.75]),
      change(event.changeReverted, 'shop#2', []),
      ...['ok', 'ok', 'bad'].map((attempt, index) =>
        happening(event.snapshotRestored, {
          [attr.snapshotId]: 'snap',
          [attr.resumeAttemptId]: attempt,
          [attr.snapshotOutcome]: attempt === 'ok' && index === 1 ? 'success' : 'failure',
          [attr.resumeStage]: 'restore',
        }),
      ),
    ],
    'kpis',
  )
})
afterAll(() => store.stop())

const one = async (query: string) => (await store.read(query))[0] ?? {}

it('active CPU per successful task counts failed work in the numerator', async () => {
  const row = await one(`SELECT * FROM kpi_daily WHERE team_id = 'payments' AND task_class = 'code_fix'`)
  expect(row).toMatchObject({ started: '3', finished: '3', succeeded: '2', retries: '1', cpu_s: '60' })
  expect(row['cpu_s_per_success']).toBeCloseTo(60 / 2)
  expect(row['success_rate']).toBeCloseTo(2 / 3)
})

it('active CPU per successful task without failed work counts successful tasks alone', async () => {
  expect(await one('SELECT succeeded, cpu_s, cpu_s_per_success FROM kpi_cpu_of_successes')).toEqual({
    succeeded: '2',
    cpu_s: 40,
    cpu_s_per_success: 20,
  })
})

it('retry cost share is the money of attempts after the first', async () => {
  const row = await one('SELECT sum(retry_cost_usd) / sum(cost_usd) AS share FROM kpi_daily')
  expect(Number(row['share'])).toBeCloseTo((MINUTE_USD + 30 * 0.00002) / (4 * MINUTE_USD + 60 * 0.00002), 6)
})

it('idle cost is the provisioned money of the time in which nothing ran', async () => {
  const row = await one('SELECT * FROM kpi_idle_cost')
  expect(row['idle_time_share']).toBeCloseTo(90 / 240)
  expect(row['idle_cost_usd']).toBeCloseTo(4 * MINUTE_USD * (90 / 240), 9)
  expect(Number(row['unused_cost_usd'])).toBeCloseTo(MINUTE_USD, 9)
})

it('task time has quantiles within one percent', async () => {
  const row = await one('SELECT finished, p50_s FROM kpi_task_time')
  expect(row['finished']).toBe('3')
  expect(Math.abs(Number(row['p50_s']) - 200)).toBeLessThanOrEqual(2)
})

it('a resume attempt counts once, and succeeded when one of its restores did', async () => {
  expect(await one('SELECT attempts, succeeded, success_rate FROM kpi_resume')).toEqual({
    attempts: '2',
    succeeded: '1',
    success_rate: 0.5,
  })
})

it('a change costs what its tasks cost by their shares, and a reverted one does not survive', async () => {
  const rows = await store.read(
    'SELECT change_id, survives, tasks, cost_usd FROM change_costs ORDER BY change_id',
  )
  expect(rows).toEqual([
    { change_id: 'shop#1', survives: 1, tasks: '1', cost_usd: expect.closeTo(MINUTE_USD + 0.0002, 9) },
    {
      change_id: 'shop#2',
      survives: 0,
      tasks: '2',
      cost_usd: expect.closeTo(0.25 * (MINUTE_USD + 0.0004) + 0.75 * (MINUTE_USD + 0.0006), 9),
    },
  ])
})

it('cost per merged change keeps reverted work in the numerator', async () => {
  const row = await one('SELECT * FROM kpi_merged_change_cost')
  expect(row).toMatchObject({ merged: '1' })
  expect(row['cost_usd_per_merged_change']).toBeCloseTo(4 * MINUTE_USD + 60 * 0.00002, 9)
})

it('right-sizing compares peaks with the profile of the price book', async () => {
  const row = await one(`SELECT * FROM kpi_right_sizing WHERE task_class = 'code_fix'`)
  expect(row).toMatchObject({ memory_peak_share: 0.25, disk_peak_share: 0.125, oversized: 0 })
  expect(await one(`SELECT oversized FROM kpi_right_sizing WHERE task_class = ''`)).toEqual({ oversized: 1 })
  expect(row['cpu_share']).toBeCloseTo(60 / 180 / 0.5)
  const sql = (await readMigrations())
    .flatMap(({ statements }) => statements)
    .find((s) => s.includes('VIEW kpi_right_sizing'))
  const numbers = (key: 'vcpu' | 'memoryGib' | 'diskGb') =>
    Object.values(cloudflareEditions[0]?.instances ?? {}).map((profile) => Number(profile[key]))
  const arrays = [...(sql ?? '').matchAll(/types, \[([^\]]*)\]/g)].map((m) =>
    (m[1] ?? '').split(',').map(Number),
  )
  expect(arrays).toEqual([numbers('vcpu'), numbers('memoryGib'), numbers('diskGb')])
})
