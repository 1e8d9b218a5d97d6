/** The chain of decisions of one enforcer instance: each hash covers the decision and the hash before it. */
import { createHash } from 'node:crypto'

/** What a hash covers, as it stands in the columns of budget_decisions. */
export interface Linked {
  readonly enforcerId: string
  readonly budget: string
  readonly version: string
  readonly window: string
  readonly scope: string
  readonly verdictBefore: string
  readonly verdict: string
  readonly reason: string
  /** `sandglass.decision.inputs`, as text. */
  readonly inputs: string
}

/** Hash of the first link's predecessor. */
export const GENESIS = ''

export function linkHash(prevHash: string, linked: Linked): string {
  const fields = [
    linked.enforcerId,
    linked.budget,
    linked.version,
    linked.window,
    linked.scope,
    linked.verdictBefore,
    linked.verdict,
    linked.reason,
    linked.inputs,
  ]
  return createHash('sha256')
    .update(JSON.stringify([prevHash, ...fields]))
    .digest('hex')
}
