import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { interpolateQuery, type QueryContext } from './clickhouse/interpolate.ts'
import { dashboardQueries } from './dashboard-queries.ts'
import { dashboards, generatedFiles, runbookDashboards } from './dashboards.ts'
import { incident, incidentSubjects, startTestDatabase, type TestDatabase } from './testing/index.ts'

const nowMs = Date.now()
const { tenant, task } = incidentSubjects
const context: QueryContext = {
  fromMs: nowMs - 6 * 3_600_000,
  toMs: nowMs,
  intervalMs: 60_000,
  variables: { tenant, task, team: ['payments', '(none)'] },
}
const queries = dashboardQueries()
let database: TestDatabase

beforeAll(async () => {
  database = await startTestDatabase()
  await database.store(nowMs, { [tenant]: incident })
})
afterAll(() => database.stop())

const run = (name: string, changed: Partial<QueryContext> = {}) => {
  const found = queries.find((query) => query.name === name)
  if (!found) throw new Error(`no dashboard query is called ${name}`)
  return database.query(interpolateQuery(found.sql, { ...context, ...changed }))
}

test.each(generatedFiles())('$path is what the code renders (npm run generate)', ({ path, content }) => {
  expect(readFileSync(join(import.meta.dirname, '../..', path), 'utf8')).toBe(content)
})

test.each(queries)('$name answers from the incident', async ({ name }) => {
  expect(await run(name)).not.toHaveLength(0)
})

test.each(queries)(
  '$name answers without an error when nothing is chosen and nothing stored',
  async ({ name }) => {
    const rows = await run(name, { variables: { tenant: 'nobody', task: '', team: '' } })
    expect(Array.isArray(rows)).toBe(true)
  },
)

describe('the task dashboard', () => {
  const panel = (title: string, refId = 'A') => run(`task.json/${title}/${refId}`)

  test('links the manifest to its command, to the web page that gave the order, and to the actor', async () => {
    expect(await panel('File timeline')).toEqual([
      expect.objectContaining({
        path: '/workspace/deploy.yaml',
        category: 'manifest',
        command: 'sed -i s/replicas:1/replicas:9/ deploy.yaml',
        prompt: 'prm-page',
        source: 'retrieved',
        actor: 'visitor',
      }),
      expect.objectContaining({ path: '/workspace/.git/refs/heads/wip' }),
    ])
    expect(await panel('Prompt → command → files')).toEqual([
      expect.objectContaining({ command: 'printenv AWS_SECRET_ACCESS_KEY', exit_code: 1, files: '' }),
      expect.objectContaining({ source: 'retrieved', files: 'modify /workspace/deploy.yaml' }),
      expect.objectContaining({ command: 'git commit -am wip' }),
    ])
  })

  test('draws each call once, under the call that made it, with the share of its commands that failed', async () => {
    const nodes = await panel('Tool calls', 'nodes')
    expect(nodes).toHaveLength(3)
    expect(Object.fromEntries(nodes.map(({ id, title }) => [id, title]))).toEqual({
      agent: 'visitor',
      'call-browse': 'browse',
      'call-shell': 'shell',
    })
    const shell = nodes.find(({ id }) => id === 'call-shell')
    expect(Number(shell?.['arc__failed'])).toBeCloseTo(1 / 3)
    expect(Number(shell?.['arc__ok'])).toBeCloseTo(2 / 3)
    expect((await panel('Tool calls', 'edges')).map(({ source, target }) => [source, target])).toEqual([
      ['agent', 'call-browse'],
      ['call-browse', 'call-shell'],
    ])
  })

  test('every edge of the graph joins two nodes that are drawn', async () => {
    const drawn = new Set((await panel('Tool calls', 'nodes')).map(({ id }) => id))
    const joined = (await panel('Tool calls', 'edges')).flatMap(({ source, target }) => [source, target])
    expect(joined.filter((id) => !drawn.has(id))).toEqual([])
  })

  test('tells what was denied, and who overrode what with which ticket', async () => {
    const rows = await panel('Secrets, policy, egress, terminals')
    expect(rows.map(({ what, outcome }) => [what, outcome])).toEqual(
      expect.arrayContaining([
        ['secret accessed', 'denied'],
        ['policy evaluated', 'denied'],
        ['egress POST', 'denied'],
        ['debug granted', ''],
      ]),
    )
    expect(rows.find(({ what }) => what === 'policy overridden')).toMatchObject({
      actor: 'u_22',
      approver: 'u_40',
      ticket: 'OPS-4711',
      subject: 'task=task-untrusted',
    })
  })

  test('tells the life of its sandbox with the actions of the enforcer, in order', async () => {
    expect(
      (await panel('Sandbox and enforcer')).map(({ what, state }) => `${String(what)}: ${String(state)}`),
    ).toEqual([
      'sandbox: started',
      'enforcer suspend: applied',
      'snapshot created: success',
      'sandbox: suspended',
      'gate exec: refused',
      'snapshot restored: failure',
      'snapshot restored: success',
      'sandbox: resumed',
    ])
  })

  test('sums its cost by SKU, over time and in all to the same amount', async () => {
    const sum = (rows: readonly Readonly<Record<string, unknown>>[]) =>
      rows.reduce((total, row) => total + Number(row['cost_usd']), 0)
    expect(sum(await panel('Cost'))).toBeCloseTo(0.43, 9)
    expect(sum(await panel('By SKU'))).toBeCloseTo(0.43, 9)
    expect(sum(await panel('Over time'))).toBeCloseTo(0.43, 9)
  })

  test('reads one task whatever the time picker says', async () => {
    const longAgo = { fromMs: nowMs - 40 * 86_400_000, toMs: nowMs - 39 * 86_400_000 }
    const justNow = { fromMs: nowMs - 60_000, toMs: nowMs }
    for (const chosen of [longAgo, justNow]) {
      expect(await run('task.json/File timeline/A', chosen)).toHaveLength(2)
      expect(await run('task.json/By SKU/A', chosen)).toHaveLength(2)
    }
  })

  test('gives the trace view every span of the trace under the names that it reads', async () => {
    const spans = await panel('Trace')
    expect(spans).toHaveLength(8)
    expect(spans[0]).toMatchObject({
      operationName: 'invoke_agent visitor',
      parentSpanID: '',
      tags: expect.arrayContaining([{ key: 'sandglass.task.id', value: task }]),
    })
  })
})

describe('the spend dashboard', () => {
  const value = async (title: string) => Object.values((await run(`spend.json/${title}/A`))[0] ?? {})[0]

  test('sums spend by team, class, user, SKU and over time to the same amount', async () => {
    for (const title of [
      'Spend',
      'By team',
      'By task class',
      'By user',
      'By SKU',
      'Spend by team',
      'Spend by SKU',
    ]) {
      const rows = await run(`spend.json/${title}/A`)
      const sum = rows.reduce((total, row) => total + Number(row['cost_usd']), 0)
      expect(sum, title).toBeCloseTo(1.13, 9)
    }
  })

  test('counts idle seconds of all seconds that sandboxes were up', async () => {
    expect(Number(await value('Idle share'))).toBeCloseTo(130 / 240)
  })

  test('divides all active CPU, of failed work too, by the tasks that succeeded', async () => {
    expect(Number(await value('Active CPU per successful task'))).toBeCloseTo(48 / 101)
  })

  test('counts attempts to resume, not events', async () => {
    expect(Number(await value('Resume success rate'))).toBeCloseTo(0.5)
  })

  test('divides all spend by the changes that were merged and still stand', async () => {
    expect(Number(await value('Cost per merged change'))).toBeCloseTo(1.13, 9)
  })

  test('charges a merged change with its tasks by their shares', async () => {
    const rows = await run('spend.json/Merged changes/A')
    expect(rows).toEqual([
      expect.objectContaining({ change: 'shop#42', team: 'payments', tasks: 2, survives: 1 }),
    ])
    expect(Number(rows[0]?.['cost_usd'])).toBeCloseTo(0.5 + 0.2 * 0.5, 9)
  })

  test('shows the last verdict of each budget beside spend and limit', async () => {
    expect(await run('spend.json/Budgets/A')).toEqual([
      expect.objectContaining({
        budget: 'payments-daily',
        verdict: 'suspend',
        spent: 1.1,
        budget_limit: 1,
        used: 1.1,
      }),
    ])
    expect((await run('spend.json/Verdicts/A')).map(({ verdict }) => verdict)).toEqual(['suspend', 'warn'])
  })

  test('lists what is suspended and leaves out what was resumed', async () => {
    expect((await run('spend.json/Suspended sandboxes/A')).map(({ sandbox }) => sandbox)).toEqual(['sb-3'])
    expect(Number(await value('Suspended'))).toBe(1)
    expect(Number(await value('Live sandboxes'))).toBe(2)
  })

  test('tells duration and retries by class', async () => {
    const rows = await run('spend.json/Results by task class/A')
    expect(
      rows.map(({ class: name, started, succeeded, retry_share }) => [name, started, succeeded, retry_share]),
    ).toEqual([
      ['transform', 100, 100, 0],
      ['code_fix', 2, 1, 0.5],
      ['untrusted_prompt', 1, 0, 0],
    ])
    expect(Number(rows[0]?.['p50_s']) / 50 ** 2).toBeCloseTo(1, 1)
    expect(Number(rows[0]?.['p95_s']) / 95 ** 2).toBeCloseTo(1, 1)
    expect(rows[1]).toMatchObject({ cpu_s_per_success: 24 })
    const overTime = await run('spend.json/Task time, p95/A')
    expect(Math.max(...overTime.map(({ p95_s }) => Number(p95_s)))).toBeGreaterThan(800)
  })

  test('stops its burn rate at the watermark', async () => {
    const burned = async () =>
      (await run('spend.json/Burn rate/A')).reduce((total, row) => total + Number(row['usd_per_hour']), 0) /
      60
    expect(await burned()).toBeCloseTo(1.13, 9)
    await database.store(nowMs, {
      [tenant]: { watermarks: [{ ageS: 1400, state: 'running', collector: 'behind' }] },
    })
    expect(await burned()).toBeLessThan(1)
  })
})

test('no query reads a raw table for the values of a variable', () => {
  const variables = queries.filter(({ name }) => name.includes('/variable/'))
  for (const { sql } of variables) expect(sql).not.toMatch(/otel_(logs|traces)|DISTINCT/)
  expect(variables).toHaveLength(5)
})

test('no two panels of a dashboard share a title, since queries are named by it', () => {
  expect(new Set(queries.map(({ name }) => name)).size).toBe(queries.length)
})

test('panels have ids of their own, and every dashboard keeps its address', () => {
  for (const { uid, build } of [...dashboards, ...runbookDashboards()]) {
    expect(uid.length).toBeLessThanOrEqual(40)
    const built = build().build()
    expect(built.uid).toBe(uid)
    const ids = (built.panels ?? []).map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).not.toContain(undefined)
  }
})
