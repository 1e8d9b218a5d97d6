import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Engine } from '../engine/engine.ts'

/** A statement that has not reached the engine yet is not found there, so a cancel is repeated. */
const CANCEL_RETRY_MS = 200

/** Cancels the statement with that tag when the client closes the connection, until `end` is called. */
export function cancelWhenGone(engine: Engine, tag: string, response: ServerResponse): { end: () => void } {
  const ended = new AbortController()
  const cancel = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await engine.cancel(tag).catch(() => {})
      await delay(CANCEL_RETRY_MS)
    }
  }
  const gone = (): void => void cancel()
  response.once('close', gone)
  return {
    end: () => {
      ended.abort()
      response.off('close', gone)
    },
  }
}
