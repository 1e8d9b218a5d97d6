import { budgetsSchema } from '@sandglass/schemas/budgets'
import type { GovernorReply } from '@sandglass/schemas/governor'
import { expect, test } from 'vitest'
import type { Action, Ruling } from '../plan.ts'
import { rulesOf } from '../rules.ts'
import { standing } from '../testing/inputs.ts'
import { GovernorCallError, type GovernorClient } from './governor-client.ts'
import { createRunner, type Outcome } from './runner.ts'

const [rule] = rulesOf(
  budgetsSchema.parse({
    version: 1,
    budgets: [{ id: 'b', scope: {}, metric: 'cost', limits: [{ amount: 1, window: { kind: 'lifetime' } }] }],
  }),
)
if (rule === undefined) throw new Error('no rule')
const ruling: Ruling = {
  rule,
  subject: { budget: 'b', window: 'lifetime', scope: '*' },
  scope: {},
  standing: standing('suspend'),
  decisionId: 'dec_1',
  windowEndMs: null,
  override: null,
}

const suspend = (sandboxId: string, key = 'k3'): Action => ({
  kind: 'suspend',
  ruling,
  request: {
    ...ruling.subject,
    sandboxId,
    key,
    reason: 'spend_over_suspend',
    decisionId: 'dec_1',
    episode: 3,
    decidedAtMs: 0,
    mode: 'interrupt',
    drainMs: 0,
    keepUntilMs: 0,
    remedy: '',
  },
})

/** A governor whose answers to suspensions are given one after the other. */
function setUp(...answers: readonly (GovernorReply | Error)[]) {
  const outcomes: Outcome[] = []
  const raised: number[] = []
  const state = { nowMs: 0, calls: 0 }
  const next = async (): Promise<GovernorReply> => {
    const answer = answers[state.calls++] ?? { result: 'applied' }
    if (answer instanceof Error) throw answer
    return answer
  }
  const client: GovernorClient = {
    suspend: next,
    resume: next,
    setVerdict: next,
    list: async () => ({ scopes: [], sandboxes: [] }),
    health: async () => ({ status: 'ok', timeMs: 0, shapes: [] }),
  }
  const runner = createRunner({
    client,
    callsMax: 2,
    now: () => state.nowMs,
    onOutcome: (outcome) => outcomes.push(outcome),
    onStale: (_, episode) => raised.push(episode),
  })
  const start = async (...actions: readonly Action[]): Promise<void> => {
    runner.start(actions)
    await runner.idle()
  }
  return { runner, outcomes, raised, state, start }
}

test('a target is acted on once at a time, and no more targets than allowed at once', async () => {
  const { runner, state } = setUp()
  expect(runner.start([suspend('s1'), suspend('s1', 'other'), suspend('s2'), suspend('s3')])).toBe(2)
  expect([...runner.busy]).toEqual(['s1', 's2'])
  await runner.idle()
  expect(state.calls).toBe(2)
})

test('a failure is tried again with growing patience, and told once', async () => {
  const down = new GovernorCallError('unreachable', 'down')
  const { start, outcomes, state } = setUp(down, down, down)
  for (const nowMs of [0, 999, 1000, 2999, 3000, 6999, 7000]) {
    state.nowMs = nowMs
    await start(suspend('s1'))
  }
  expect(state.calls).toBe(4)
  expect(outcomes.map(({ result, error }) => error?.type ?? result)).toEqual(['unreachable', 'applied'])
})

test('what the gate refuses for good is not asked every second', async () => {
  const { start, state } = setUp(new GovernorCallError('shape_not_gated', 'no gate asks'))
  await start(suspend('s1'))
  state.nowMs = 60_000
  await start(suspend('s1'))
  expect(state.calls).toBe(1)
})

test('that nothing was left to do is told once', async () => {
  const { start, outcomes, state } = setUp(
    { result: 'already' },
    { result: 'already' },
    { result: 'already' },
  )
  for (const nowMs of [0, 30_000, 60_000]) {
    state.nowMs = nowMs
    await start(suspend('s1'))
  }
  expect(state.calls).toBe(3)
  expect(outcomes).toHaveLength(1)
})

test('a newer episode at the governor is learned', async () => {
  const { start, raised, outcomes } = setUp({ result: 'stale', episode: 9 })
  await start(suspend('s1'))
  expect(raised).toEqual([9])
  expect(outcomes[0]).toMatchObject({ result: 'failed', error: { type: 'stale_episode' } })
})

test('a sandbox that could not be backed up is a failure with its cause', async () => {
  const { start, outcomes } = setUp({ result: 'failed', error: 'backup: disk full' })
  await start(suspend('s1'))
  expect(outcomes[0]).toMatchObject({
    result: 'failed',
    error: { type: 'sandbox', message: 'backup: disk full' },
  })
})
