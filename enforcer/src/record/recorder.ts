/**
 * The record: decisions and actions as events, stored before anything is done about them. What could not be stored is
 * sent again byte for byte, so that an answer lost on the way does not make two records of one decision.
 */
import { encodeLogs, type OtlpEvent, type Resource } from './otlp.ts'
import type { SendLogs } from './send.ts'

/** Events in one body; more are sent in several. */
const EVENTS_PER_BODY_MAX = 500
/** Bodies that wait; a recorder that could not store so many has been cut off for long, and takes no more. */
const BODIES_MAX = 1000

/** Events that were taken. All of them are stored, or it says why not. */
export interface Receipt {
  /** `refused`: the collector does not want them, and sending again would not help. */
  readonly state: 'waiting' | 'stored' | 'refused'
  /** Why it waits or was refused. */
  readonly cause: string
}

export interface Recorder {
  /** Takes events, in order, and sends what waits. Never throws: the receipt says what came of it. */
  store(events: readonly OtlpEvent[]): Promise<Receipt>
  /** Sends what waits, again byte for byte. */
  retry(): Promise<void>
  /** Bodies that are not stored yet. */
  readonly waiting: number
}

interface Body {
  readonly text: string
  readonly receipt: { state: Receipt['state']; cause: string }
}

export function createRecorder(resource: Resource, send: SendLogs, now: () => number): Recorder {
  const bodies: Body[] = []
  let notBeforeMs = 0
  let sending: Promise<void> = Promise.resolve()

  /** In order; the first that must wait makes all behind it wait. */
  const drain = async (): Promise<void> => {
    for (let body = bodies[0]; body !== undefined && now() >= notBeforeMs; body = bodies[0]) {
      const sent = await send(body.text)
      if (sent.outcome === 'retry') {
        notBeforeMs = now() + sent.afterMs
        body.receipt.cause = sent.cause
        return
      }
      body.receipt.state = sent.outcome
      body.receipt.cause = sent.outcome === 'refused' ? sent.cause : ''
      bodies.shift()
    }
  }
  const retry = async (): Promise<void> => {
    sending = sending.then(drain)
    return sending
  }
  return {
    retry,
    get waiting() {
      return bodies.length
    },
    async store(events) {
      if (bodies.length >= BODIES_MAX)
        return { state: 'refused', cause: `${bodies.length} bodies wait to be stored: no more are taken` }
      const taken = toBodies(resource, events)
      bodies.push(...taken)
      await retry()
      return receiptOf(taken)
    },
  }
}

function toBodies(resource: Resource, events: readonly OtlpEvent[]): readonly Body[] {
  const count = Math.ceil(events.length / EVENTS_PER_BODY_MAX)
  return Array.from({ length: count }, (_, index) => ({
    text: encodeLogs(resource, events.slice(index * EVENTS_PER_BODY_MAX, (index + 1) * EVENTS_PER_BODY_MAX)),
    receipt: { state: 'waiting', cause: 'not sent yet' },
  }))
}

/** One receipt for all: read anew each time it is asked. */
function receiptOf(bodies: readonly Body[]): Receipt {
  const find = (state: Receipt['state']): Body | undefined =>
    bodies.find((body) => body.receipt.state === state)
  return {
    get state() {
      if (find('refused') !== undefined) return 'refused'
      return find('waiting') === undefined ? 'stored' : 'waiting'
    },
    get cause() {
      return (find('refused') ?? find('waiting'))?.receipt.cause ?? ''
    },
  }
}
