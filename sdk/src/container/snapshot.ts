import { attr, event } from '@sandglass/schemas/semconv'
import type { Facts } from '../facts.ts'
import { emitEvent, type Instrument, type Where } from '../instrument.ts'
import type { Operation } from '../operations/operation.ts'

const MS_PER_S = 1_000

/** Tells what became of a snapshot that was asked for now. */
export async function tellSnapshot(
  instrument: Instrument,
  where: Where,
  { resultFacts }: Operation,
  result: PromiseLike<unknown>,
): Promise<void> {
  const scope = instrument.scopes.getStore()
  const startedMs = instrument.clock.now()
  const tell = (outcome: 'success' | 'failure', facts: Facts | undefined): void =>
    emitEvent(instrument, scope, where, event.snapshotCreated, {
      [attr.snapshotId]: '',
      ...facts,
      [attr.snapshotOutcome]: outcome,
      [attr.snapshotDuration]: (instrument.clock.now() - startedMs) / MS_PER_S,
    })
  try {
    const snapshot = await result
    tell(
      'success',
      instrument.guard(() => resultFacts?.(snapshot)),
    )
  } catch {
    tell('failure', undefined)
  }
}
