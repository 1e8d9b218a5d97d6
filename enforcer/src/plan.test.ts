import { budgetsSchema } from '@sandglass/schemas/budgets'
import type { ListReply, Verdict } from '@sandglass/schemas/governor'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { uniform, type Standing } from './decision.ts'
import type { SandboxRow } from './observe/reader.ts'
import { plan, type Action, type Ruling, type World } from './plan.ts'
import { rulesOf } from './rules.ts'
import { standing } from './testing/inputs.ts'

const NOW_MS = Date.parse('2026-11-23T12:00:00Z')
const nothing: ListReply = { scopes: [], sandboxes: [] }

function documentOf(over: object = {}, budget: object = {}) {
  return budgetsSchema.parse({
    version: 1,
    budgets: [
      {
        id: 'b',
        scope: { team: '*' },
        metric: 'cost',
        limits: [{ amount: 1, window: { kind: 'lifetime' } }],
        ...budget,
      },
    ],
    ...over,
  })
}

const sandbox = (id: string, over: Partial<SandboxRow> = {}): SandboxRow => ({
  sandbox: id,
  team: 'payments',
  cost_center: '',
  user: 'u1',
  agent: 'fixer',
  repository: '',
  environment: 'production',
  class: 'code_fix',
  tier: 'B',
  task: 't1',
  live: true,
  stateSinceMs: NOW_MS - 7_200_000,
  lastActiveMs: NOW_MS,
  ...over,
})

function rulingOf(verdict: Verdict | Standing, document = documentOf(), over: Partial<Ruling> = {}): Ruling {
  const [rule] = rulesOf(document)
  if (rule === undefined) throw new Error('no rule')
  return {
    rule,
    subject: { budget: 'b', window: 'lifetime', scope: 'team=payments' },
    scope: { team: 'payments' },
    standing: typeof verdict === 'string' ? standing(verdict) : verdict,
    decisionId: 'dec_1',
    windowEndMs: null,
    override: null,
    ...over,
  }
}

const worldOf = (over: Partial<World>): World => ({
  nowMs: NOW_MS,
  tenantId: 'default',
  document: documentOf({ blastCap: { percent: 100 } }),
  rulings: [],
  sandboxes: [],
  held: nothing,
  busy: new Set(),
  ...over,
})

const hold = (over: object = {}) => ({
  budget: 'b',
  window: 'lifetime',
  scope: 'team=payments',
  reason: 'spend_over_suspend',
  decisionId: 'dec_1',
  key: 'k3',
  episode: 3,
  decidedAtMs: NOW_MS - 3_600_000,
  remedy: '',
  ...over,
})

const heldSandbox = (id: string, phase: 'suspended' | 'blocked', over: object = {}): ListReply => ({
  scopes: [{ ...hold(), verdict: 'suspend', tiers: uniform('suspend') }],
  sandboxes: [{ sandboxId: id, phase, holds: [hold(over)] }],
})

const kinds = (actions: readonly Action[]): readonly string[] =>
  actions.map(
    (action) =>
      `${action.kind} ${action.kind === 'set_verdict' ? action.request.verdict : action.request.sandboxId}`,
  )

test('a suspension reaches the scope and every live sandbox in it, and no other', () => {
  const sandboxes = [sandbox('s1'), sandbox('s2', { team: 'growth' }), sandbox('s3', { live: false })]
  const { actions } = plan(worldOf({ rulings: [rulingOf('suspend')], sandboxes }))
  expect(kinds(actions)).toEqual(['set_verdict suspend', 'suspend s1'])
})

test('what the governor has in force already is not asked for again', () => {
  const sandboxes = [sandbox('s1')]
  const held = heldSandbox('s1', 'suspended')
  expect(plan(worldOf({ rulings: [rulingOf('suspend')], sandboxes, held })).actions).toEqual([])
})

test.each([
  ['blocked by a failed backup', 'blocked', {}],
  ['woken behind its gate', 'suspended', { stateSinceMs: NOW_MS }],
] as const)('a sandbox that is %s is suspended again', (_, phase, over) => {
  const world = worldOf({
    rulings: [rulingOf('suspend')],
    sandboxes: [sandbox('s1', over)],
    held: heldSandbox('s1', phase),
  })
  expect(kinds(plan(world).actions)).toEqual(['suspend s1'])
})

test('a relaxed verdict releases without waking; an override wakes and names the person', () => {
  const override = {
    id: 'o',
    actor: 'u_1',
    approver: '',
    reason: 'r',
    ticket: 'OPS-1',
    expiresAtMs: NOW_MS + 1,
  }
  const relaxed = rulingOf(standing('ok', { episode: 4, action: 'k4' }))
  const held = heldSandbox('s1', 'suspended')
  const [, release] = plan(worldOf({ rulings: [relaxed], held })).actions
  expect(release).toMatchObject({
    kind: 'resume',
    request: { wake: false, actor: '', key: 'k4', episode: 4 },
  })
  const lifted = rulingOf(
    standing('ok', { episode: 4, action: 'k4', reason: 'override_active' }),
    documentOf(),
    { override },
  )
  const [, woken] = plan(worldOf({ rulings: [lifted], held })).actions
  expect(woken).toMatchObject({ kind: 'resume', request: { wake: true, actor: 'u_1', ticket: 'OPS-1' } })
})

test('an override without a second person leaves untrusted sandboxes suspended', () => {
  const lifted = rulingOf(
    standing('ok', { tiers: { A: 'ok', B: 'ok', C: 'suspend' }, episode: 4, action: 'k4' }),
  )
  const sandboxes = [sandbox('s1', { tier: 'B', live: false }), sandbox('s2', { tier: 'C', live: false })]
  const held: ListReply = {
    scopes: [],
    sandboxes: ['s1', 's2', 'unknown'].map((sandboxId) => ({
      sandboxId,
      phase: 'suspended',
      holds: [hold()],
    })),
  }
  const { actions } = plan(worldOf({ rulings: [lifted], sandboxes, held }))
  expect(kinds(actions.filter(({ kind }) => kind === 'resume'))).toEqual(['resume s1'])
})

test('the protect list is never suspended, and freed when it is extended', () => {
  const document = documentOf({ protect: [{ sandbox: 's1' }] })
  const sandboxes = [sandbox('s1'), sandbox('s2')]
  const world = worldOf({ document, rulings: [rulingOf('suspend', document)], sandboxes })
  expect(plan(world)).toMatchObject({ protected: 1 })
  expect(kinds(plan(world).actions)).toEqual(['set_verdict suspend', 'suspend s2'])
  const held = heldSandbox('s1', 'suspended')
  expect(kinds(plan({ ...world, sandboxes: [sandbox('s1')], held }).actions)).toEqual(['resume s1'])
})

test('a tick stops no more than the blast cap, untrusted first, and says what it left', () => {
  const document = documentOf({ blastCap: { percent: 20 } })
  const sandboxes = Array.from({ length: 10 }, (_, i) => sandbox(`s${i}`, { tier: i === 7 ? 'C' : 'A' }))
  const planned = plan(worldOf({ document, rulings: [rulingOf('suspend', document)], sandboxes }))
  expect(kinds(planned.actions)).toEqual(['set_verdict suspend', 'suspend s7', 'suspend s0'])
  expect(planned.deferred).toBe(8)
})

test('a hold of a budget that is not in the document is kept and counted', () => {
  const world = worldOf({ held: heldSandbox('s1', 'suspended') })
  expect(plan(world)).toMatchObject({ actions: [], orphans: 1 })
})

test('shadow never acts, and takes back what it did before it was in shadow', () => {
  const document = documentOf({}, { mode: 'shadow' })
  const verdicts = fc.constantFrom<Verdict>('ok', 'warn', 'throttle', 'drain', 'suspend')
  fc.assert(
    fc.property(verdicts, fc.boolean(), (verdict, wasHeld) => {
      const held = wasHeld ? heldSandbox('s1', 'suspended') : nothing
      const world = worldOf({
        document,
        rulings: [rulingOf(verdict, document)],
        sandboxes: [sandbox('s1')],
        held,
      })
      expect(kinds(plan(world).actions)).toEqual(wasHeld ? ['set_verdict ok', 'resume s1'] : [])
    }),
  )
})

test('a backup must outlive the window by the stated time', () => {
  const windowEndMs = NOW_MS + 3_600_000
  const ruling = rulingOf('suspend', documentOf(), { windowEndMs })
  const { actions } = plan(worldOf({ rulings: [ruling], sandboxes: [sandbox('s1')] }))
  expect(actions[1]).toMatchObject({ request: { keepUntilMs: windowEndMs + 7 * 86_400_000 } })
})
