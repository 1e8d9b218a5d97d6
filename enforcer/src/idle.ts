/**
 * Idleness as a budget of its own: seconds without activity, limited by trust tier. Decided, recorded and acted on like
 * every other; its hold is released once the sandbox is at rest, and the next start brings the workspace back.
 */
import { budgetsSchema, type BudgetDocument } from '@sandglass/schemas/budgets'
import { IDLE_BUDGET } from '@sandglass/schemas/governor'
import { scopeKey } from '@sandglass/schemas/governor/scope'
import { initialStanding, type Inputs } from './decision.ts'
import type { Known, Memory } from './memory.ts'
import type { Observation } from './observe/observe.ts'
import type { SandboxRow } from './observe/reader.ts'
import { rulesOf, type Rule } from './rules.ts'
import { policyOf, type Case } from './subjects.ts'

const WINDOW = 'idle'
const MS_PER_S = 1000

export function idleCases(
  observation: Observation,
  memory: Memory,
  document: BudgetDocument,
): readonly Case[] {
  if (Object.values(document.idle).every((length) => length === undefined)) return []
  return observation.sandboxes.flatMap((sandbox) => caseOf(observation, memory, document, sandbox))
}

function caseOf(
  observation: Observation,
  memory: Memory,
  document: BudgetDocument,
  sandbox: SandboxRow,
): readonly Case[] {
  const scope = { sandbox: sandbox.sandbox }
  const subject = { budget: IDLE_BUDGET, window: WINDOW, scope: scopeKey(scope) }
  const known = memory.of(subject)
  const limitMs = limitOf(document, sandbox)
  const idleMs = idleOf(observation, sandbox)
  if (limitMs === undefined || (known === undefined && idleMs < limitMs)) return []
  const inputs = inputsOf(observation, { ...subject, idleMs, limitMs }, known)
  return [{ rule: idleRule, subject, scope, known, inputs }]
}

function limitOf({ idle }: BudgetDocument, { tier }: SandboxRow): number | undefined {
  const known = (['A', 'B', 'C'] as const).find((name) => name === tier)
  return known === undefined ? undefined : idle[known]
}

/** A sandbox with a task works, whatever it says; one that stands still has no idleness to end. */
function idleOf({ nowMs }: Observation, { live, task, lastActiveMs }: SandboxRow): number {
  return live && task === '' && lastActiveMs > 0 ? Math.max(0, nowMs - lastActiveMs) : 0
}

/** The shortest dwell: whoever wants to work again should not have to wait. */
const idleRule = ruleOf()

function ruleOf(): Rule {
  const budget = {
    id: 'template',
    scope: { sandbox: '*' },
    metric: 'sandboxes',
    limits: [{ amount: 1, window: { kind: 'instant' } }],
    thresholds: { suspend: { enter: 100, exit: 99 } },
    dwell: '1s',
  }
  const [rule] = rulesOf(budgetsSchema.parse({ version: 1, budgets: [budget] }))
  if (rule === undefined) throw new Error('the rule of idleness is missing')
  return { ...rule, budget: { ...rule.budget, id: IDLE_BUDGET }, windowId: WINDOW }
}

interface Idleness {
  readonly budget: string
  readonly window: string
  readonly scope: string
  readonly idleMs: number
  readonly limitMs: number
}

function inputsOf(observation: Observation, idleness: Idleness, known: Known | undefined): Inputs {
  const { nowMs, staleMs, watermarkMs, overrides } = observation
  const { idleMs, limitMs, ...subject } = idleness
  return {
    nowMs,
    ...subject,
    version: idleRule.version,
    windowStartMs: nowMs - idleMs,
    windowEndMs: null,
    metric: 'idle_seconds',
    mode: 'enforce',
    spend: String(idleMs / MS_PER_S),
    limit: String(limitMs / MS_PER_S),
    spendOnlyGrows: false,
    staleMs,
    watermarkMs,
    ...policyOf(idleRule.budget),
    // Not knowing is no reason to put anything to rest.
    stale: {
      afterMs: idleRule.budget.stale.after,
      failAfterMs: Number.MAX_SAFE_INTEGER,
      tiers: initialStanding.tiers,
    },
    exhaustedInMs: null,
    forecast: null,
    before: known?.standing ?? initialStanding,
    override: overrides.for(subject.budget, subject.scope),
    pause: overrides.pause,
  }
}
