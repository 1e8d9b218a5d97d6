/** The registry of resend keys as a worker process sees it: the primary is asked for many keys at once. */
import type { ResendKeys, Verdict } from '../resend/registry.ts'
import { packKeys, type FromWorker } from './messages.ts'

export interface RemoteKeys extends ResendKeys {
  /** Takes the primary's answer to one question. */
  answer(id: number, verdicts: readonly Verdict[]): void
}

interface Asking {
  readonly key: Uint8Array
  readonly resolve: (verdict: Verdict) => void
}

/** While a question is on its way, further keys wait for the next one: about one question per commit. */
export function createRemoteKeys(send: (message: FromWorker) => void): RemoteKeys {
  let waiting: Asking[] = []
  let asked: { readonly id: number; readonly batch: readonly Asking[] } | undefined
  let nextId = 0
  const ask = (): void => {
    if (asked !== undefined || waiting.length === 0) return
    asked = { id: nextId, batch: waiting }
    nextId += 1
    waiting = []
    send({ type: 'claim', id: asked.id, keys: packKeys(asked.batch.map(({ key }) => key)) })
  }
  return {
    claim: (key) =>
      new Promise((resolve) => {
        waiting.push({ key, resolve })
        ask()
      }),
    settle(keys, durable) {
      if (keys.length > 0) send({ type: 'settle', keys: packKeys(keys), durable })
    },
    answer(id, verdicts) {
      if (asked?.id !== id) return
      const { batch } = asked
      asked = undefined
      for (const [i, { resolve }] of batch.entries()) resolve(verdicts[i] ?? 'pending')
      ask()
    },
  }
}
