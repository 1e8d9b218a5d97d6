/** Recomputes a decision from its record: the same inputs must give the same verdict, and the hash must cover them. */
import { z } from 'zod'
import { decide } from './decide.ts'
import { inputsSchema, standingSchema, type Decision, type Inputs } from './decision.ts'
import { linkHash } from './record/chain.ts'

/** A row of budget_decisions; names are its columns. */
export const decisionRowSchema = z.looseObject({
  decision_id: z.string(),
  enforcer_id: z.string(),
  budget_id: z.string(),
  budget_version: z.string(),
  budget_window: z.string(),
  scope: z.string(),
  verdict_before: z.string(),
  verdict: z.string(),
  reason: z.string(),
  inputs: z.string(),
  prev_hash: z.string(),
  hash: z.string(),
})
export type DecisionRow = z.infer<typeof decisionRowSchema>

export interface Explanation {
  readonly decisionId: string
  readonly inputs: Inputs
  /** The decision as computed now. */
  readonly recomputed: Decision
  /** What the record says and the computation does not, each with both values. Empty: the record holds. */
  readonly differences: readonly string[]
  /** Whether the hash covers the record. */
  readonly intact: boolean
  /** The decision in words, one fact a line. */
  readonly lines: readonly string[]
}

/** The record is not one of a decision: its inputs cannot be read. */
export class UnreadableDecisionError extends Error {
  override readonly name = 'UnreadableDecisionError'
}

const recordSchema = z.object({ inputs: inputsSchema, after: standingSchema })

/** Throws UnreadableDecisionError. */
export function explainDecision(row: DecisionRow): Explanation {
  const { inputs, after } = parseRecord(row)
  const recomputed = decide(inputs)
  return {
    decisionId: row.decision_id,
    inputs,
    recomputed,
    differences: [
      ...differing('verdict', row.verdict, recomputed.verdict),
      ...differing('reason', row.reason, recomputed.reason),
      ...differing('verdict before', row.verdict_before, inputs.before.verdict),
      ...differing('standing', JSON.stringify(after), JSON.stringify(standingSchema.parse(recomputed.after))),
    ],
    intact: linkHash(row.prev_hash, linkedOf(row)) === row.hash,
    lines: renderLines(inputs, recomputed),
  }
}

function parseRecord(row: DecisionRow): z.infer<typeof recordSchema> {
  try {
    return recordSchema.parse(JSON.parse(row.inputs))
  } catch (error) {
    throw new UnreadableDecisionError(
      `the inputs of ${row.decision_id} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  }
}

function linkedOf(row: DecisionRow) {
  return {
    enforcerId: row.enforcer_id,
    budget: row.budget_id,
    version: row.budget_version,
    window: row.budget_window,
    scope: row.scope,
    verdictBefore: row.verdict_before,
    verdict: row.verdict,
    reason: row.reason,
    inputs: row.inputs,
  }
}

function differing(what: string, recorded: string, computed: string): readonly string[] {
  return recorded === computed ? [] : [`${what}: recorded ${recorded}, computed ${computed}`]
}

function renderLines(inputs: Inputs, { verdict, reason, tiers, after }: Decision): readonly string[] {
  const { budget, scope, window, metric, spend, limit, before, override, pause } = inputs
  const at = (ms: number | null): string => (ms === null ? 'unknown' : new Date(ms).toISOString())
  return [
    `${before.verdict} → ${verdict} (${reason}) at ${at(inputs.nowMs)}, episode ${after.episode}`,
    `budget ${budget} (version ${inputs.version}, ${inputs.mode}) for ${scope} over ${window}`,
    `window ${at(inputs.windowStartMs)} to ${inputs.windowEndMs === null ? 'open end' : at(inputs.windowEndMs)}`,
    `spend ${spend ?? 'unreadable'} of ${limit} ${metric}, known up to ${at(inputs.watermarkMs)} (${inputs.staleMs} ms old)`,
    `before: ${before.verdict} since ${at(before.sinceMs)}, dwell ${inputs.dwellMs} ms`,
    `by tier: A ${tiers.A}, B ${tiers.B}, C ${tiers.C}`,
    ...(override === null
      ? []
      : [
          `override ${override.id} by ${override.actor} (${override.ticket}: ${override.reason}) until ${at(override.expiresAtMs)}`,
        ]),
    ...(pause === null ? [] : [`paused by ${pause.actor} until ${at(pause.expiresAtMs)}`]),
    ...(inputs.forecast === null ? [] : [`forecast ${inputs.forecast} at the end of the window`]),
  ]
}
