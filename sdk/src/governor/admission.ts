/** Whether new work may begin under a verdict. Pure; the reason is the one of the budget that decided. */
import type { Verdict } from '@sandglass/schemas/governor'

export type Priority = 'interactive' | 'batch' | 'low'

/** A request to be let in. */
export interface AdmissionRequest {
  readonly priority: Priority
  /** What the work is, for the refusal and the event, for example `task`. */
  readonly operation?: string
}

/** What a gate answered to a request for admission. */
export interface Admission {
  readonly outcome: 'admitted' | 'delayed' | 'refused'
  readonly verdict: Verdict
  /** Guard of the enforcer, or `within_budget`. */
  readonly reason: string
  /** Seconds after which asking again makes sense; 0 when admitted. */
  readonly retryAfterS: number
  readonly budget: string | undefined
  readonly decisionId: string | undefined
}

/** Seconds to wait before asking again, by what stands in the way. */
const RETRY_AFTER_S = { delayed: 30, refused: 60 } as const

/** Under `throttle`, interactive work goes on, batch work waits, low priority work is sent away. */
const outcomes: Readonly<Record<Verdict, Readonly<Record<Priority, Admission['outcome']>>>> = {
  ok: { interactive: 'admitted', batch: 'admitted', low: 'admitted' },
  warn: { interactive: 'admitted', batch: 'admitted', low: 'admitted' },
  throttle: { interactive: 'admitted', batch: 'delayed', low: 'refused' },
  drain: { interactive: 'refused', batch: 'refused', low: 'refused' },
  suspend: { interactive: 'refused', batch: 'refused', low: 'refused' },
}

export function decideAdmission(
  verdict: Verdict,
  priority: Priority,
  by: { readonly reason: string; readonly budget: string; readonly decisionId: string } | undefined,
): Admission {
  const outcome = outcomes[verdict][priority]
  return {
    outcome,
    verdict,
    reason: by?.reason ?? 'within_budget',
    retryAfterS: outcome === 'admitted' ? 0 : RETRY_AFTER_S[outcome],
    budget: by?.budget,
    decisionId: by?.decisionId,
  }
}
