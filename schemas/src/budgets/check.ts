/** What a budget document must satisfy beyond the shape of its parts. Each fault names its path and what to do. */
import { windowId, type BudgetWindow } from './window.ts'
import { IDLE_BUDGET } from '../governor.ts'
import type { ScopeDimension } from '../governor/scope.ts'

interface LimitLike {
  readonly percentOfParent?: number | undefined
  readonly window: BudgetWindow
}

interface ThresholdLike {
  readonly enter: number
  readonly exit: number
}

/** The part of a budget that the checks read. */
interface BudgetLike {
  readonly id: string
  readonly scope: Readonly<Partial<Record<ScopeDimension, string>>>
  readonly parent?: string | undefined
  readonly metric: string
  readonly limits: readonly LimitLike[]
  readonly thresholds: Readonly<Record<string, ThresholdLike | undefined>>
  readonly stale: { readonly after: number; readonly failAfter: number }
}

export interface Fault {
  readonly path: (string | number)[]
  readonly message: string
}

type Check = (budget: BudgetLike, all: readonly BudgetLike[]) => readonly Fault[]

/** What each metric can be scoped by beside org, team, user, task, class, tier, agent and sandbox. */
const furtherDimensions: Readonly<Record<string, readonly ScopeDimension[]>> = {
  cost: ['cost_center', 'model', 'repository', 'environment'],
  cpu_seconds: ['cost_center', 'repository', 'environment'],
  egress: ['cost_center', 'repository', 'environment'],
  storage: ['cost_center', 'repository', 'environment'],
  tokens: ['model'],
  executions: ['cost_center', 'repository', 'environment'],
  sandboxes: ['cost_center', 'repository', 'environment'],
}
const furtherOfAny: readonly ScopeDimension[] = ['cost_center', 'model', 'repository', 'environment']

const checks: readonly Check[] = [uniqueId, parentFaults, dimensions, windows, thresholds, staleTimes]

/**
 * Faults between budgets. Runs also when single values are wrong, so that everything is reported at once:
 * a budget that is itself faulty is only looked at by its name.
 */
export function budgetFaults(
  budgets: readonly unknown[],
  isFaulty: (index: number) => boolean,
): readonly Fault[] {
  const sound = budgets.map((budget, index) => (isFaulty(index) ? undefined : (budget as BudgetLike)))
  const all = sound.filter((budget) => budget !== undefined)
  const faultyIds = new Set(budgets.flatMap((budget, index) => (isFaulty(index) ? [idOf(budget)] : [])))
  return sound.flatMap((budget, index) => {
    if (budget === undefined) return []
    const relevant = faultyIds.has(budget.parent) ? checks.filter((check) => check !== parentFaults) : checks
    return relevant
      .flatMap((check) => check(budget, all))
      .map(({ path, message }) => ({
        path: ['budgets', index, ...path],
        message: `budget ${budget.id}: ${message}`,
      }))
  })
}

function idOf(budget: unknown): unknown {
  return typeof budget === 'object' && budget !== null && 'id' in budget ? budget.id : undefined
}

function uniqueId(budget: BudgetLike, all: readonly BudgetLike[]): readonly Fault[] {
  if (budget.id === IDLE_BUDGET)
    return [{ path: ['id'], message: 'this id is that of suspensions for idleness; choose another' }]
  const first = all.find((other) => other.id === budget.id)
  return first === budget ? [] : [{ path: ['id'], message: 'another budget has this id' }]
}

function parentFaults(budget: BudgetLike, all: readonly BudgetLike[]): readonly Fault[] {
  if (budget.parent === undefined)
    return budget.limits.flatMap((limit, index) =>
      limit.percentOfParent === undefined
        ? []
        : [{ path: ['limits', index, 'percentOfParent'], message: 'it has no parent' }],
    )
  const parent = all.find((other) => other.id === budget.parent)
  if (parent === undefined) return [{ path: ['parent'], message: `there is no budget ${budget.parent}` }]
  if (isCyclic(budget, all)) return [{ path: ['parent'], message: 'it is its own ancestor' }]
  return [...kinship(budget, parent), ...parentWindows(budget, parent)]
}

function isCyclic(budget: BudgetLike, all: readonly BudgetLike[]): boolean {
  const seen = new Set<string>()
  for (let id: string | undefined = budget.id; id !== undefined;) {
    if (seen.has(id)) return true
    seen.add(id)
    const current: string = id
    id = all.find((other) => other.id === current)?.parent
  }
  return false
}

function kinship(budget: BudgetLike, parent: BudgetLike): readonly Fault[] {
  const metric =
    budget.metric === parent.metric
      ? []
      : [{ path: ['metric'], message: `its parent ${parent.id} measures ${parent.metric}` }]
  const outside = Object.entries(parent.scope).filter(
    ([dimension, value]) => budget.scope[dimension as ScopeDimension] !== value,
  )
  return [
    ...metric,
    ...outside.map(([dimension, value]) => ({
      path: ['scope'],
      message: `its parent ${parent.id} is limited to ${dimension}=${value}; say the same here`,
    })),
  ]
}

function parentWindows(budget: BudgetLike, parent: BudgetLike): readonly Fault[] {
  const known = new Set(parent.limits.map((limit) => windowId(limit.window)))
  return budget.limits.flatMap((limit, index) =>
    limit.percentOfParent === undefined || known.has(windowId(limit.window))
      ? []
      : [
          {
            path: ['limits', index, 'window'],
            message: `its parent ${parent.id} has no limit for ${windowId(limit.window)}`,
          },
        ],
  )
}

function dimensions(budget: BudgetLike): readonly Fault[] {
  const known = furtherDimensions[budget.metric] ?? []
  const named = furtherOfAny.filter((dimension) => budget.scope[dimension] !== undefined)
  const unknown = named.filter((dimension) => !known.includes(dimension))
  const stops = budget.thresholds['suspend'] !== undefined || budget.thresholds['drain'] !== undefined
  return [
    ...unknown.map((dimension) => ({
      path: ['scope', dimension],
      message: `${budget.metric} is not known by ${dimension}`,
    })),
    ...(budget.scope.model !== undefined && stops
      ? [{ path: ['thresholds'], message: 'no sandbox belongs to a model: only warn and throttle work here' }]
      : []),
  ]
}

function windows(budget: BudgetLike): readonly Fault[] {
  const ids = budget.limits.map((limit) => windowId(limit.window))
  return budget.limits.flatMap((limit, index) => [
    ...(ids.indexOf(ids[index] ?? '') === index
      ? []
      : [{ path: ['limits', index, 'window'], message: `two limits for ${ids[index] ?? ''}` }]),
    ...((budget.metric === 'sandboxes') === (limit.window.kind === 'instant')
      ? []
      : [
          {
            path: ['limits', index, 'window'],
            message: 'sandboxes are counted now: kind instant belongs to them, and to them alone',
          },
        ]),
  ])
}

/** Enter above exit, and each verdict entered no earlier than the milder one. */
function thresholds(budget: BudgetLike): readonly Fault[] {
  const given = ['warn', 'throttle', 'drain', 'suspend'].flatMap((verdict) => {
    const threshold = budget.thresholds[verdict]
    return threshold === undefined ? [] : [{ verdict, ...threshold }]
  })
  return given.flatMap(({ verdict, enter, exit }, index) => {
    const milder = given[index - 1]
    return [
      ...(exit < enter
        ? []
        : [{ path: ['thresholds', verdict], message: `exit ${exit} must be less than enter ${enter}` }]),
      ...(milder === undefined || milder.enter <= enter
        ? []
        : [
            {
              path: ['thresholds', verdict],
              message: `${verdict} is entered at ${enter}, before ${milder.verdict} at ${milder.enter}`,
            },
          ]),
    ]
  })
}

function staleTimes(budget: BudgetLike): readonly Fault[] {
  return budget.stale.after < budget.stale.failAfter
    ? []
    : [{ path: ['stale', 'failAfter'], message: 'must be longer than stale.after' }]
}
