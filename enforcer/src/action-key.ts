/** Idempotency key of a transition: two enforcers that decide the same have one effect. */
import { createHash } from 'node:crypto'
import type { Finding, Inputs } from './decision.ts'

const KEY_LENGTH = 32

/** Hash of budget, version, scope, window, transition and episode. A rolling window has no start of its own. */
export function actionKey(inputs: Inputs, to: Finding): string {
  const { budget, version, scope, window, windowStartMs, before } = inputs
  const tiers = (of: { readonly tiers: Finding['tiers'] }): string =>
    `${of.tiers.A},${of.tiers.B},${of.tiers.C}`
  const parts = [
    budget,
    version,
    scope,
    window,
    window.startsWith('rolling') ? '' : windowStartMs,
    `${before.verdict}:${tiers(before)}`,
    `${to.verdict}:${tiers(to)}`,
    before.episode + 1,
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, KEY_LENGTH)
}
