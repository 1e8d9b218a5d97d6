import { afterAll, beforeAll, expect, it } from 'vitest'
import { openPriceBook } from '../price-book.ts'
import { attr, event } from '../semconv.ts'
import { logRow } from '../testing/rows.ts'
import { startTestStore, type TestStore } from '../testing/store.ts'

/** One sandbox runs two tasks at once; its interval is reported under the first. */
let store: TestStore
const nowMs = Date.now() - 60_000
const start = (taskId: string, taskClass: string, agent: string) => ({
  name: event.taskStarted,
  timeMs: nowMs,
  attributes: {
    [attr.taskId]: taskId,
    [attr.taskClass]: taskClass,
    [attr.agentName]: agent,
    [attr.teamId]: 'payments',
  },
})
const interval = {
  name: event.usageMeasured,
  timeMs: nowMs + 15_000,
  attributes: {
    [attr.sandboxId]: 's',
    [attr.teamId]: 'payments',
    [attr.taskId]: 'task_1',
    [attr.taskClass]: 'code_fix',
    [attr.agentName]: 'coder',
    [attr.usageTaskIds]: ['task_1', 'task_2'],
    [attr.usageTaskCpuTimes]: [2, 1],
    [attr.cpuTime]: 3,
    [attr.usageStart]: nowMs,
    [attr.usageEnd]: nowMs + 15_000,
  },
}

beforeAll(async () => {
  store = await startTestStore()
  // The second task starts twice: its start was resent through another machine.
  const events = [start('task_1', 'code_fix', 'coder'), start('task_2', 'transform', 'mover'), interval]
  const book = openPriceBook()
  await store.insert(
    'otel_logs',
    events.map((facts) => logRow(facts, book)),
    'first',
  )
  await store.insert('otel_logs', [logRow(start('task_2', 'transform', 'mover'), book)], 'again')
})
afterAll(() => store.stop())

it('the share of a task in an interval of another has its class and agent, and no cost is lost or doubled', async () => {
  const cpu = await store.read(
    `SELECT task_id, task_class, agent_name, sum(t.cost_usd) AS usd FROM task_spend AS t WHERE sku = 'container.cpu'
     GROUP BY ALL ORDER BY task_id`,
  )
  expect(cpu).toEqual([
    { task_id: 'task_1', task_class: 'code_fix', agent_name: 'coder', usd: '0.00004' },
    { task_id: 'task_2', task_class: 'transform', agent_name: 'mover', usd: '0.00002' },
  ])
  const [sums] = await store.read(
    `SELECT (SELECT sum(cost_usd) FROM task_spend) AS tasks, (SELECT sum(cost_usd) FROM charges) AS charges`,
  )
  expect(sums?.['tasks']).toBe(sums?.['charges'])
})
