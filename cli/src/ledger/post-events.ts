/** Events that change the books. A 200 is the record; the same bytes sent again are recognised by the collector. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createSendLogs, encodeLogs, type OtlpEvent, type SendLogs } from '@sandglass/enforcer'
import { attr } from '@sandglass/schemas/semconv'
import { collectorUrl } from '../enforcement.ts'
import { OperationError } from '../errors.ts'
import type { LedgerFlags } from './ledger.ts'

/** Environment is a fact of the resource, so events are sent by environment. */
export interface BookEvent {
  readonly event: OtlpEvent
  readonly environment: string
}

/** Events of one request: far below a collector's limits. */
const EVENTS_MAX = 1000
const SEND_MS_MAX = 10_000
const ATTEMPTS_MAX = 8
const BACKOFF_MS = 250

/** Throws OperationError that says how many were recorded before one was not. */
export async function postEvents(flags: LedgerFlags, events: readonly BookEvent[]): Promise<void> {
  const send = createSendLogs({
    url: await collectorUrl(flags),
    token: flags.token ?? '',
    sendMsMax: SEND_MS_MAX,
  })
  let recorded = 0
  for (const [environment, ofOne] of Map.groupBy(events, (each) => each.environment)) {
    for (let at = 0; at < ofOne.length; at += EVENTS_MAX) {
      const batch = ofOne.slice(at, at + EVENTS_MAX).map(({ event }) => event)
      await postBatch(send, encodeLogs(resourceOf(environment), batch), `${recorded} of ${events.length}`)
      recorded += batch.length
    }
  }
}

const resourceOf = (environment: string) => ({
  [attr.serviceName]: 'sandglass-cli',
  ...(environment === '' ? {} : { [attr.environment]: environment }),
})

async function postBatch(send: SendLogs, body: string, progress: string): Promise<void> {
  let cause = ''
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const sent = await send(body)
    if (sent.outcome === 'stored') return
    cause = sent.cause
    if (sent.outcome === 'refused') break
    await sleep(Math.max(sent.afterMs, BACKOFF_MS * 2 ** attempt))
  }
  throw new OperationError(
    `the collector did not record the events (${cause}); ${progress} are recorded. Run the command again: it posts what is missing`,
  )
}
