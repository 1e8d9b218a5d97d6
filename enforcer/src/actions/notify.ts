/** Tells people about a crossing: a line in the log, and one POST to a webhook where there is one. */
import type { Decision } from '../decision.ts'
import type { Subject } from '../memory.ts'

/** What is told, once per crossing. `id` is equal for a repeat, also from another enforcer. */
export interface Crossing {
  readonly id: string
  readonly subject: Subject
  readonly from: Decision['verdict']
  readonly to: Decision['verdict']
  readonly reason: string
  readonly decisionId: string
  readonly spend: string | null
  readonly limit: string
  readonly metric: string
  readonly timeMs: number
}

export type Notify = (crossing: Crossing) => Promise<void>

const WEBHOOK_MS_MAX = 10_000

/** Throws when the webhook does not take it. */
export function createWebhookNotify(url: string, send: typeof fetch = fetch): Notify {
  return async (crossing) => {
    const response = await send(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': crossing.id },
      body: JSON.stringify({ text: renderCrossing(crossing), ...crossing }),
      signal: AbortSignal.timeout(WEBHOOK_MS_MAX),
    })
    if (!response.ok) throw new Error(`the webhook answered ${response.status}`)
  }
}

export function renderCrossing({ subject, from, to, reason, spend, limit, metric }: Crossing): string {
  return (
    `budget ${subject.budget} for ${subject.scope} over ${subject.window}: ${from} → ${to} (${reason}), ` +
    `${spend ?? 'unknown'} of ${limit} ${metric}`
  )
}
