import { attr, event } from '@sandglass/schemas/semconv'
import { describeError } from '../describe-error.ts'
import type { Facts } from '../facts.ts'
import { emitEvent, type Instrument, type Where } from '../instrument.ts'
import type { Admitted } from '../wrap/methods.ts'

const MS_PER_S = 1_000
const ATTEMPT_ID_BYTES = 8

/** What of a call's own facts its event carries too. */
function snapshotFacts(facts: Facts): Facts {
  return {
    [attr.snapshotId]: facts[attr.snapshotId] ?? '',
    [attr.snapshotSize]: facts[attr.snapshotSize],
    [attr.snapshotExpiresAt]: facts[attr.snapshotExpiresAt],
  }
}

/** Tells what became of a snapshot that was made or restored by a call of now. Never rejects. */
export async function tellSnapshot(
  instrument: Instrument,
  where: Where,
  { operation, facts }: Pick<Admitted, 'operation' | 'facts'>,
  result: PromiseLike<unknown>,
): Promise<void> {
  const scope = instrument.scopes.getStore()
  const startedMs = instrument.clock.now()
  const isRestore = operation.effect === 'restore'
  const attempt = isRestore ? `res_${instrument.random(ATTEMPT_ID_BYTES)}` : undefined
  const tell = (outcome: 'success' | 'failure', more: Facts): void =>
    emitEvent(instrument, scope, where, isRestore ? event.snapshotRestored : event.snapshotCreated, {
      ...more,
      [attr.snapshotOutcome]: outcome,
      [attr.snapshotDuration]: (instrument.clock.now() - startedMs) / MS_PER_S,
      [attr.resumeAttemptId]: attempt,
    })
  try {
    const snapshot = await result
    const known = instrument.guard(() => operation.resultFacts?.(snapshot))
    tell('success', snapshotFacts({ ...facts, ...known }))
  } catch (error) {
    tell('failure', { ...snapshotFacts(facts), [attr.errorType]: describeError(error).type })
  }
}
