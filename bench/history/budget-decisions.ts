/** What the enforcer said while a history happened: one decision per team and hour, and an action where a budget was passed. */
import { attr, event } from '@sandglass/schemas/semconv'
import type { EventFacts } from '@sandglass/schemas/testing/rows'
import type { Random } from '../random.ts'
import { teams } from './fleet.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const LIMIT_USD = 60
const HASH_DIGITS = 64
const ID_DIGITS = 16

export function budgetDecisions(random: Random, startMs: number, durationMs: number): readonly EventFacts[] {
  const hours = Array.from({ length: Math.ceil(durationMs / HOUR_MS) }, (_, hour) => startMs + hour * HOUR_MS)
  return teams.flatMap(({ teamId }) => {
    let spend = 0
    let before = 'ok'
    return hours.flatMap((timeMs) => {
      spend += 16 * random.next()
      const verdict = spend > LIMIT_USD ? 'suspend' : spend > 0.8 * LIMIT_USD ? 'warn' : 'ok'
      const events = decide(random, { teamId, timeMs, spend, verdict, before })
      before = verdict
      return events
    })
  })
}

interface Moment {
  readonly teamId: string
  readonly timeMs: number
  readonly spend: number
  readonly verdict: string
  readonly before: string
}

function decide(random: Random, { teamId, timeMs, spend, verdict, before }: Moment): readonly EventFacts[] {
  const dayMs = Math.floor(timeMs / DAY_MS) * DAY_MS
  const budget = {
    [attr.teamId]: teamId,
    [attr.budgetId]: `${teamId}-daily`,
    [attr.budgetMode]: 'enforce',
    [attr.verdictBefore]: before,
    [attr.verdict]: verdict,
    [attr.verdictReason]: verdict === 'ok' ? 'within_limit' : 'spend_over_threshold',
    [attr.decisionId]: `dec_${random.hex(ID_DIGITS)}`,
    [attr.enforcerId]: 'enforcer-0',
  }
  const decided = {
    name: event.budgetDecided,
    timeMs,
    attributes: {
      ...budget,
      [attr.budgetVersion]: '1',
      [attr.budgetMetric]: 'cost',
      [attr.budgetScope]: `team=${teamId}`,
      [attr.budgetWindow]: 'calendar:day',
      [attr.budgetWindowStart]: dayMs,
      [attr.budgetWindowEnd]: dayMs + DAY_MS,
      [attr.budgetSpend]: spend.toFixed(9),
      [attr.budgetLimit]: String(LIMIT_USD),
      [attr.watermark]: timeMs - 1000,
      [attr.decisionInputs]: JSON.stringify({ spend: spend.toFixed(9), limit: LIMIT_USD }),
      [attr.decisionPrevHash]: random.hex(HASH_DIGITS),
      [attr.decisionHash]: random.hex(HASH_DIGITS),
    },
  }
  const acted = {
    name: event.enforcementActed,
    timeMs: timeMs + 500,
    attributes: {
      ...budget,
      [attr.enforcementAction]: 'set_verdict',
      [attr.enforcementTarget]: `team:${teamId}`,
      [attr.enforcementResult]: 'applied',
      [attr.enforcementKey]: random.hex(HASH_DIGITS),
    },
  }
  return verdict === before ? [decided] : [decided, acted]
}
