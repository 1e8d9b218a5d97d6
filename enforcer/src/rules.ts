/** Budgets as rules to evaluate: one per budget and window, its limit an amount, its version a hash. */
import { createHash } from 'node:crypto'
import type { Budget, BudgetDocument, Metric } from '@sandglass/schemas/budgets'
import { parseAmount, percentOf, renderAmount } from '@sandglass/schemas/budgets/amount'
import { windowId, type BudgetWindow } from '@sandglass/schemas/budgets/window'
import { shapeOf, type Scope, type ScopeDimension } from '@sandglass/schemas/governor/scope'

export interface Rule {
  readonly budget: Budget
  /** Hash of the budget with its limit resolved: what a decision was made by. */
  readonly version: string
  readonly metric: Metric
  readonly window: BudgetWindow
  /** Name of the window, for example `calendar:day@UTC`. */
  readonly windowId: string
  /** Decimal text in the unit of the metric. */
  readonly limit: string
  /** Attributes of the scope, stars included. */
  readonly dimensions: readonly ScopeDimension[]
  /** Attributes with a given value. */
  readonly fixed: Scope
}

const VERSION_LENGTH = 16
const EACH = '*'

export function rulesOf(document: BudgetDocument): readonly Rule[] {
  const byId = new Map(document.budgets.map((budget) => [budget.id, budget]))
  return document.budgets.flatMap((budget) =>
    budget.limits.map((limit) => {
      const amount = renderAmount(amountOf(budget, windowId(limit.window), byId))
      return {
        budget,
        version: versionOf(budget, amount),
        metric: budget.metric,
        window: limit.window,
        windowId: windowId(limit.window),
        limit: amount,
        dimensions: shapeOf(budget.scope),
        fixed: fixedOf(budget.scope),
      }
    }),
  )
}

/** Resolves percents up the ancestors; the document was checked, so each has the window and none is its own. */
function amountOf(budget: Budget, window: string, byId: ReadonlyMap<string, Budget>): bigint {
  const limit = budget.limits.find((candidate) => windowId(candidate.window) === window)
  if (limit?.amount !== undefined) return parseAmount(limit.amount) ?? 0n
  const parent = byId.get(budget.parent ?? '')
  if (parent === undefined || limit?.percentOfParent === undefined)
    throw new Error(`budget ${budget.id} has no limit for ${window}: the document was not checked`)
  return percentOf(amountOf(parent, window, byId), limit.percentOfParent)
}

function fixedOf(scope: Scope): Scope {
  return Object.fromEntries(Object.entries(scope).filter(([, value]) => value !== EACH))
}

function versionOf(budget: Budget, amount: string): string {
  return createHash('sha256')
    .update(JSON.stringify([budget, amount]))
    .digest('hex')
    .slice(0, VERSION_LENGTH)
}

/** Hash of a whole document, for the event that says it changed. */
export function documentHash(document: BudgetDocument): string {
  return createHash('sha256').update(JSON.stringify(document)).digest('hex')
}
