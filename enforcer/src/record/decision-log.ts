/** Decisions on their way to the record. Nothing is done about a decision before it is stored. */
import { randomUUID } from 'node:crypto'
import type { Decision } from '../decision.ts'
import type { Case } from '../subjects.ts'
import { GENESIS } from './chain.ts'
import { toDecisionEvent } from './events.ts'
import type { Receipt, Recorder } from './recorder.ts'

export interface Decided {
  readonly case: Case
  readonly decision: Decision
  readonly decisionId: string
}

/** Decisions that are not stored: they wait and will be tried again, or were refused and will be made anew. */
export class NotRecordedError extends Error {
  override readonly name = 'NotRecordedError'
}

export interface DecisionLog {
  /** Name of this instance and its chain. */
  readonly enforcerId: string
  /** Decisions that wait to be stored; while there are some, no new ones are made. */
  readonly waiting: number
  /** Stores decisions, and resolves with them. Throws NotRecordedError; what waits is for `retry` then. */
  store(decisions: readonly Omit<Decided, 'decisionId'>[]): Promise<readonly Decided[]>
  /** Stores what waits; resolves with it. Throws NotRecordedError. */
  retry(): Promise<readonly Decided[]>
}

export function createDecisionLog(instance: string, recorder: Recorder): DecisionLog {
  let chain = newChain(instance)
  let waiting: { readonly decisions: readonly Decided[]; readonly receipt: Receipt } | undefined

  const settle = (): readonly Decided[] => {
    if (waiting === undefined) return []
    const { decisions, receipt } = waiting
    if (receipt.state === 'waiting') throw new NotRecordedError(receipt.cause)
    waiting = undefined
    if (receipt.state === 'stored') return decisions
    // A refused link breaks the chain: what follows begins another one.
    chain = newChain(instance)
    throw new NotRecordedError(`refused: ${receipt.cause}`)
  }
  return {
    get enforcerId() {
      return chain.enforcerId
    },
    get waiting() {
      return waiting?.decisions.length ?? 0
    },
    async retry() {
      await recorder.retry()
      return settle()
    },
    async store(made) {
      if (made.length === 0) return []
      const linked = made.map((each) => {
        const recorded = toDecisionEvent(each.case.inputs, each.decision, chain.enforcerId, chain.hash)
        chain = { ...chain, hash: recorded.hash }
        return { decided: { ...each, decisionId: recorded.decisionId }, event: recorded.event }
      })
      const receipt = await recorder.store(linked.map(({ event }) => event))
      waiting = { decisions: linked.map(({ decided }) => decided), receipt }
      return settle()
    },
  }
}

function newChain(instance: string) {
  return { enforcerId: `${instance}-${randomUUID().slice(0, 8)}`, hash: GENESIS }
}
