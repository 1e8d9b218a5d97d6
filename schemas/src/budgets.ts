/**
 * The budget document: what may be spent, by whom, in which window, and what happens on the way there.
 * Read with loadConfig; every fault is reported at once. The enforcer's decisions carry the hash of each budget.
 */
import { z } from 'zod'
import { parseAmount } from './budgets/amount.ts'
import { durationSchema, windowSchema } from './budgets/window.ts'
import { budgetFaults } from './budgets/check.ts'
import { scopeDimensions } from './governor/scope.ts'
import { attr, values } from './semconv.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

export const metrics = values[attr.budgetMetric]
export type Metric = (typeof metrics)[number]

/** Verdicts with a threshold, from the mildest. */
export const thresholdVerdicts = ['warn', 'throttle', 'drain', 'suspend'] as const
export type ThresholdVerdict = (typeof thresholdVerdicts)[number]

const percent = z.number().gt(0).max(1000)

const threshold = z.strictObject({
  enter: percent.describe('Percent of the limit at which the verdict begins'),
  exit: percent.describe('Percent of the limit at or below which it may end; less than enter'),
})

const amount = z
  .union([z.number(), z.string()])
  .transform(String)
  .refine(
    (text) => (parseAmount(text) ?? 0n) > 0n,
    'expected a decimal greater than 0 in the unit of the metric',
  )

const limit = z
  .strictObject({
    amount: amount
      .optional()
      .describe("Limit in the metric's unit: USD, vCPU seconds, tokens, tasks started, sandboxes, GB, GB·s"),
    percentOfParent: percent
      .optional()
      .describe("Limit as percent of the parent's limit for the same window"),
    window: windowSchema.describe('Window over which the limit holds'),
  })
  .refine(
    (value) => (value.amount === undefined) !== (value.percentOfParent === undefined),
    'expected either amount or percentOfParent',
  )

const scope = z
  .partialRecord(z.enum(scopeDimensions), z.string().min(1))
  .describe('AND of context attributes; "*" makes one budget per value; {} is everything')

const selector = z
  .partialRecord(z.enum(scopeDimensions), z.string().min(1))
  .refine(
    (value) => Object.keys(value).length > 0,
    'expected at least one attribute: an empty one selects all',
  )

const verdictSchema = z.enum(values[attr.verdict])

const stale = z
  .strictObject({
    after: durationSchema
      .prefault('30s')
      .describe('Age of the ingest watermark after which the last verdict is held'),
    failAfter: durationSchema
      .prefault('15m')
      .describe('Age after which the failure mode of each tier applies'),
    tiers: z
      .strictObject({
        A: verdictSchema.default('ok'),
        B: verdictSchema.default('throttle'),
        C: verdictSchema.default('suspend'),
      })
      .prefault({})
      .describe('Failure mode: the verdict at least, by trust tier of the sandbox'),
  })
  .prefault({})

const forecast = z
  .strictObject({
    warnWithin: durationSchema.optional().describe('Warn when the limit will be reached within this time'),
    throttleWithin: durationSchema
      .optional()
      .describe('Throttle when the limit will be reached within this time'),
    longWindow: durationSchema
      .prefault('1h')
      .describe('Burn rate is the lesser of the rates over two windows'),
    shortWindow: durationSchema.prefault('5m').describe('The shorter one'),
  })
  .optional()

/** What a budget says when it says nothing. */
const policy = {
  mode: z
    .enum(values[attr.budgetMode])
    .default('enforce')
    .describe('shadow decides and records what it would do, and does nothing'),
  thresholds: z
    .strictObject({
      warn: threshold.optional(),
      throttle: threshold.optional(),
      drain: threshold.optional(),
      suspend: threshold.optional(),
    })
    .prefault({ warn: { enter: 80, exit: 75 }, suspend: { enter: 100, exit: 95 } })
    .describe('Absent verdicts are never given'),
  dwell: durationSchema.prefault('5m').describe('Time a verdict lasts at least before it relaxes'),
  stale: stale.describe('What happens while spend is not known'),
  forecast: forecast.describe('Warn or throttle ahead of the limit; never suspends'),
  suspendMode: z
    .enum(['interrupt', 'drain'])
    .default('interrupt')
    .describe('interrupt ends running commands; drain waits for them'),
  drainFor: durationSchema
    .prefault('5m')
    .refine((ms) => ms <= HOUR_MS, 'expected at most 1h')
    .describe('Time running commands have when draining'),
}

const budget = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'expected lower case letters, digits, dots, dashes, up to 64')
    .describe('Name in decisions, refusals and overrides'),
  description: z.string().max(500).optional(),
  scope,
  parent: z.string().optional().describe('Budget this one is a part of'),
  metric: z.enum(metrics),
  limits: z.array(limit).min(1).max(8),
  protect: z.array(selector).max(100).default([]).describe('Sandboxes this budget never suspends'),
  ...policy,
})
export type Budget = z.infer<typeof budget>

const idle = z
  .strictObject({ A: durationSchema.optional(), B: durationSchema.optional(), C: durationSchema.optional() })
  .prefault({})

/** A check that runs even when single values are wrong: without `when`, zod would skip it then. */
function checkTogether(): z.core.$ZodCheck<{ readonly budgets: readonly unknown[] }> {
  const check = z.check<{ readonly budgets: readonly unknown[] }>(({ value, issues }) => {
    if (!Array.isArray(value.budgets)) return
    const faulty = new Set(
      issues.flatMap(({ path }) => (path?.[0] === 'budgets' && path.length > 1 ? [path[1]] : [])),
    )
    for (const fault of budgetFaults(value.budgets, (index) => faulty.has(index)))
      issues.push({ code: 'custom', input: undefined, ...fault })
  })
  check._zod.def.when = () => true
  return check
}

/** `budgets.yaml`. */
export const budgetsSchema = z
  .strictObject({
    version: z.literal(1),
    budgets: z.array(budget).max(1000).default([]),
    protect: z.array(selector).max(1000).default([]).describe('Sandboxes no budget ever suspends'),
    blastCap: z
      .strictObject({
        percent: percent
          .max(100)
          .default(20)
          .describe('Share of the live sandboxes suspended per tick at most'),
        minimum: z.int().min(1).default(1).describe('So many may always be suspended per tick'),
      })
      .prefault({})
      .describe('How much one tick may stop'),
    idle: idle.describe('Idle time after which a sandbox is suspended, by trust tier; absent means never'),
    overrideFor: durationSchema
      .prefault('24h')
      .refine((ms) => ms <= 7 * DAY_MS, 'expected at most 7d')
      .describe('Longest life of an override'),
    keepBackups: durationSchema
      .prefault('7d')
      .describe('Time a backup must outlive the window of the budget that suspended'),
  })
  .check(checkTogether())
export type BudgetDocument = z.infer<typeof budgetsSchema>
