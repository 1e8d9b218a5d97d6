/** Which overrides count. What names too little or lasts too long is ignored, and counted. */
import type { Inputs } from '../decision.ts'
import { PAUSE_POLICY } from '../override.ts'
import type { OverrideRow } from './reader.ts'

export interface Overrides {
  /** The one in force for a subject that lasts longest. */
  for(budget: string, scope: string): Inputs['override']
  readonly pause: Inputs['pause']
  /** Overrides that ended by expiry and of which no end was recorded. */
  readonly expired: readonly OverrideRow[]
  readonly ignored: number
}

const EVERY_SCOPE = '*'

export function overridesOf(rows: readonly OverrideRow[], nowMs: number, lengthMsMax: number): Overrides {
  const valid = rows.filter((row) => isValid(row, lengthMsMax))
  const active = valid
    .filter((row) => row.endedAtMs === null && row.expiresAtMs > nowMs)
    .toSorted((a, b) => b.expiresAtMs - a.expiresAtMs)
  const pause = active.find((row) => row.policy === PAUSE_POLICY)
  return {
    for: (budget, scope) => {
      const found = active.find(
        (row) => row.budget === budget && (row.scope === EVERY_SCOPE || row.scope === scope),
      )
      return found === undefined ? null : toOverride(found)
    },
    pause: pause === undefined ? null : { id: pause.id, actor: pause.actor, expiresAtMs: pause.expiresAtMs },
    expired: valid.filter((row) => row.endedAtMs === null && row.expiresAtMs <= nowMs),
    ignored: rows.length - valid.length,
  }
}

function isValid(row: OverrideRow, lengthMsMax: number): boolean {
  const named = [row.actor, row.reason, row.ticket].every((value) => value.trim() !== '')
  return named && row.expiresAtMs - row.grantedAtMs <= lengthMsMax
}

function toOverride(row: OverrideRow): Inputs['override'] {
  const { id, actor, approver, reason, ticket, expiresAtMs } = row
  return { id, actor, approver, reason, ticket, expiresAtMs }
}
