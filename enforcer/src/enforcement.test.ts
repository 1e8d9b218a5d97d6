import { afterAll, beforeAll, expect, test } from 'vitest'
import { decisionRowSchema, explainDecision } from './explain.ts'
import { budgetOverride, enforcerPause } from './override.ts'
import { startStage, started, stopped, used, type Stage } from './testing/stage.ts'

let stage: Stage
const eventually = { timeout: 15_000, interval: 50 }

beforeAll(async () => {
  stage = await startStage()
})
afterAll(async () => {
  await stage.stop()
})

const budgets = (team: string, over: object = {}) => ({
  version: 1,
  budgets: [
    {
      id: `${team}-cpu`,
      scope: { team },
      metric: 'cpu_seconds',
      limits: [{ amount: 10, window: { kind: 'rolling', length: '10m' } }],
      ...over,
    },
  ],
})

async function burner(team: string): Promise<{ readonly box: string; readonly sandbox: string }> {
  const box = `box-${team}`
  const context = { team, tier: 'B' }
  await stage.worker.ask(box, 'start', [], context)
  await expect
    .poll(async () => (await stage.worker.ask(box, 'exec', ['tee', '/workspace/work'])).value, eventually)
    .toBeDefined()
  return { box, sandbox: await stage.worker.sandboxId(box) }
}

const phaseOf = async (box: string): Promise<string> => (await stage.worker.look(box)).state.phase

test('a team over its budget is suspended, explained, let go on by an override, and suspended again after it', async () => {
  const { box, sandbox } = await burner('research')
  const work = { team: 'research', sandbox }
  await stage.enforcer(budgets('research'))
  await stage.send([started(work), used(work, 4)])
  const running = stage.worker.ask(box, 'exec', ['sh', '-c', 'while :; do :; done'])
  await stage.send([used(work, 7)])
  const overMs = Date.now()
  await expect.poll(async () => phaseOf(box), eventually).toBe('suspended')
  const tookMs = Date.now() - overMs
  expect(tookMs).toBeLessThan(5000)
  expect((await running).value).not.toMatchObject({ exitCode: 0 })

  const override = {
    budget: 'research-cpu',
    scope: 'team=research',
    actor: 'u_1',
    reason: 'deadline',
    ticket: 'OPS-1',
  }
  const expiresAtMs = Date.now() + 4000
  await stage.send([budgetOverride({ ...override, expiresAtMs }, Date.now())])
  await expect.poll(async () => phaseOf(box), eventually).toBe('awake')
  expect((await stage.worker.ask(box, 'exec', ['ls', '/workspace'])).value).toMatchObject({
    stdout: 'work\n',
  })
  await stage.send([started(work)])
  await expect.poll(async () => phaseOf(box), eventually).toBe('suspended')
  expect(Date.now()).toBeGreaterThan(expiresAtMs)

  const decisions = () =>
    stage.store.read(`SELECT * FROM budget_decisions WHERE budget_id = 'research-cpu' ORDER BY time`)
  await expect.poll(async () => (await decisions()).length, eventually).toBe(3)
  const rows = (await decisions()).map((row) => decisionRowSchema.parse(row))
  expect(rows.map((row) => `${row.verdict_before} ${row.verdict} ${row.reason}`)).toEqual([
    'ok suspend spend_over_suspend',
    'suspend ok override_active',
    'ok suspend spend_over_suspend',
  ])
  for (const row of rows) expect(explainDecision(row)).toMatchObject({ differences: [], intact: true })
  expect(rows[1]?.prev_hash).toBe(rows[0]?.hash)
  const tampered = { ...rows[0], ...decisionRowSchema.parse(rows[0]), verdict: 'ok' }
  expect(explainDecision(tampered)).toMatchObject({ intact: false })

  const actions = () =>
    stage.store.read(
      `SELECT action, result, actor_id, ticket FROM budget_actions WHERE budget_id = 'research-cpu' AND action IN ('suspend', 'resume') ORDER BY time`,
    )
  await expect.poll(actions, eventually).toEqual([
    { action: 'suspend', result: 'applied', actor_id: '', ticket: '' },
    { action: 'resume', result: 'applied', actor_id: 'u_1', ticket: 'OPS-1' },
    { action: 'suspend', result: 'applied', actor_id: '', ticket: '' },
  ])
  await expect
    .poll(
      async () => stage.store.read(`SELECT end_cause FROM overrides WHERE budget_id = 'research-cpu'`),
      eventually,
    )
    .toEqual([{ end_cause: 'expiry' }])
})

test('two enforcers at once have one effect', async () => {
  const { box, sandbox } = await burner('twins')
  const work = { team: 'twins', sandbox }
  await Promise.all([stage.enforcer(budgets('twins')), stage.enforcer(budgets('twins'))])
  await stage.send([started(work), used(work, 50)])
  await expect.poll(async () => phaseOf(box), eventually).toBe('suspended')
  const applied = () =>
    stage.store.read(
      `SELECT count() AS n, uniqExact(action_key) AS keys FROM budget_actions WHERE budget_id = 'twins-cpu' AND action = 'suspend' AND result = 'applied'`,
    )
  await expect.poll(applied, eventually).toEqual([{ n: '1', keys: '1' }])
  const { events } = await stage.worker.look(box)
  expect(events.filter((each) => each.name.endsWith('snapshot.created'))).toHaveLength(1)
})

test('shadow decides and records what it would do, and does nothing', async () => {
  const { box, sandbox } = await burner('shade')
  const work = { team: 'shade', sandbox }
  await stage.enforcer(budgets('shade', { mode: 'shadow' }))
  await stage.send([started(work), used(work, 50)])
  const would = () =>
    stage.store.read(
      `SELECT sandbox_id, result, mode FROM budget_actions WHERE budget_id = 'shade-cpu' AND action = 'suspend'`,
    )
  await expect.poll(would, eventually).toEqual([{ sandbox_id: sandbox, result: 'would', mode: 'shadow' }])
  expect(await phaseOf(box)).toBe('awake')
  expect((await stage.worker.ask(box, 'exec', ['true'])).value).toMatchObject({ exitCode: 0 })
})

test('a pause stops new suspensions, and ends by itself', async () => {
  const { box, sandbox } = await burner('paused')
  const work = { team: 'paused', sandbox }
  const expiresAtMs = Date.now() + 6000
  const pause = { actor: 'u_1', reason: 'incident', ticket: 'OPS-2', expiresAtMs }
  await stage.send([enforcerPause(pause, Date.now()), started(work), used(work, 50)])
  const paused = async () => stage.store.read(`SELECT active FROM overrides WHERE policy_id = 'enforcer'`)
  await expect.poll(paused, eventually).toHaveLength(1)
  await stage.enforcer(budgets('paused'))
  await expect.poll(async () => phaseOf(box), eventually).toBe('suspended')
  expect(Date.now()).toBeGreaterThan(expiresAtMs)
})

test('a sandbox without work is put to rest after its time, and wakes with its workspace when it is used', async () => {
  const { box, sandbox } = await burner('rest')
  const idle = { team: 'rest', sandbox, task: '' }
  await stage.enforcer({ version: 1, idle: { B: '2s' } })
  await stage.send([started(idle)])
  const names = async () =>
    (await stage.worker.look(box)).events.map(({ attributes }) => attributes['sandbox.lifecycle.cause'])
  await expect.poll(names, eventually).toContain('idle')
  await stage.send([stopped(idle)])
  await expect.poll(async () => phaseOf(box), eventually).toBe('awake')
  expect((await stage.worker.look(box)).running).toBe(false)
  await stage.worker.ask(box, 'start')
  expect((await stage.worker.ask(box, 'exec', ['ls', '/workspace'])).value).toMatchObject({
    stdout: 'work\n',
  })
})
