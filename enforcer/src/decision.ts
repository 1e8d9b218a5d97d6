/** The vocabulary of decisions: what one is computed from, what comes out, what is kept of it. */
import { thresholdVerdicts } from '@sandglass/schemas/budgets'
import { tiers, verdicts, type Tier, type Verdict } from '@sandglass/schemas/governor'
import { z } from 'zod'

const verdict = z.enum(verdicts)
const byTier = z.record(z.enum(tiers), verdict)
const instantMs = z.number()
const decimal = z.string()

/** The state of a subject after a decision, and before the next one. */
export const standingSchema = z.object({
  verdict,
  reason: z.string(),
  tiers: byTier,
  /** When this verdict began, Unix ms. */
  sinceMs: instantMs,
  /** Counts transitions of the subject: the fence of every action. */
  episode: z.int(),
  /** Idempotency key of the transition that led here (not named key: redaction would take it for a secret); empty before the first. */
  action: z.string(),
})
export type Standing = z.infer<typeof standingSchema>

const threshold = z.object({ enter: z.number(), exit: z.number() })

/**
 * Everything a decision depends on, as it stands in `sandglass.decision.inputs`: computing it again from here must
 * give the same decision. Amounts are decimal texts in the unit of the metric.
 */
export const inputsSchema = z.object({
  nowMs: instantMs,
  budget: z.string(),
  version: z.string(),
  window: z.string(),
  windowStartMs: instantMs,
  windowEndMs: z.nullable(instantMs),
  scope: z.string(),
  metric: z.string(),
  mode: z.enum(['enforce', 'shadow']),
  /** Spend in the window; null when it could not be read. */
  spend: z.nullable(decimal),
  limit: decimal,
  /** Whether spend can only have grown since it was read: then stale spend still proves a limit was passed. */
  spendOnlyGrows: z.boolean(),
  /** Age of the ingest watermark, ms. */
  staleMs: z.number(),
  watermarkMs: z.nullable(instantMs),
  thresholds: z.partialRecord(z.enum(thresholdVerdicts), threshold),
  dwellMs: z.number(),
  stale: z.object({ afterMs: z.number(), failAfterMs: z.number(), tiers: byTier }),
  /** Time until the limit is reached at the present rate, ms; null when it is not, or no forecast is made. */
  exhaustedInMs: z.nullable(z.number()),
  /** Spend expected at the end of the window; null without a forecast. */
  forecast: z.nullable(decimal),
  forecastWithin: z.object({ warnMs: z.nullable(z.number()), throttleMs: z.nullable(z.number()) }),
  before: standingSchema,
  override: z.nullable(
    z.object({
      id: z.string(),
      actor: z.string(),
      approver: z.string(),
      reason: z.string(),
      ticket: z.string(),
      expiresAtMs: instantMs,
    }),
  ),
  pause: z.nullable(z.object({ id: z.string(), actor: z.string(), expiresAtMs: instantMs })),
})
export type Inputs = z.infer<typeof inputsSchema>

/** What a guard found: which verdict, and its own name as the reason. */
export interface Finding {
  readonly verdict: Verdict
  readonly reason: string
  readonly tiers: Readonly<Record<Tier, Verdict>>
}

export interface Decision extends Finding {
  /** The standing after it. */
  readonly after: Standing
  /** Whether the verdict of any tier changed: a new episode, with actions of its own. */
  readonly transition: boolean
}

export const uniform = (verdict: Verdict): Record<Tier, Verdict> => ({ A: verdict, B: verdict, C: verdict })

export const initialStanding: Standing = {
  verdict: 'ok',
  reason: 'within_limit',
  tiers: uniform('ok'),
  sinceMs: 0,
  episode: 0,
  action: '',
}

export const severity = (verdict: Verdict): number => verdicts.indexOf(verdict)

export const stricter = (a: Verdict, b: Verdict): Verdict => (severity(b) > severity(a) ? b : a)

/** Each budget, window and scope is decided on by itself. */
export function subjectKey(subject: {
  readonly budget: string
  readonly window: string
  readonly scope: string
}): string {
  return `${subject.budget} ${subject.window} ${subject.scope}`
}
