import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Engine } from '../engine/engine.ts'

/** A statement that has not reached the engine yet is not found there, so a cancel is repeated. */
const CANCEL_RETRY_MS = 200

/** Cancels the statements whose tag begins so, again and again until `ended` settles. */
export async function cancelUntil(engine: Engine, tag: string, ended: Promise<unknown>): Promise<void> {
  const over = ended.then(
    () => true,
    () => true,
  )
  do await engine.cancel(tag).catch(() => {})
  while (!(await Promise.race([over, delay(CANCEL_RETRY_MS, false)])))
}

/** Runs `work` and cancels the statement with that tag when the client closes the connection meanwhile. */
export async function cancelWhenGone<T>(
  engine: Engine,
  tag: string,
  response: ServerResponse,
  work: Promise<T>,
): Promise<T> {
  const gone = (): void => void cancelUntil(engine, tag, work)
  response.once('close', gone)
  try {
    return await work
  } finally {
    response.off('close', gone)
  }
}
