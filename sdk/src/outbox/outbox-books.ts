import { NO_FACTS } from '../facts.ts'
import type { RecordedEvent } from '../export/event-record.ts'
import type { Outbox, OutboxBooks, OutboxPorts } from '../export/outbox.ts'
import type { KeptEvent, OutboxStore, Recovered } from './outbox-store.ts'

const NOTHING_LEFT: Recovered = { events: [], requests: [] }
const KEY_BYTES = 4
const MS_DIGITS = 14
const COUNT_DIGITS = 9

/** An outbox that keeps things in `outbox`. */
export const outboxIn = (outbox: OutboxStore): Outbox => ({ open: (ports) => openBooks(outbox, ports) })

function openBooks(outbox: OutboxStore, ports: OutboxPorts): OutboxBooks {
  const { boundary, clock, diagnostics } = ports
  const isolate = ports.random(KEY_BYTES)
  let count = 0

  function nextKey(): string {
    const at = String(Math.floor(clock.now())).padStart(MS_DIGITS, '0')
    return `${at}-${String(count++).padStart(COUNT_DIGITS, '0')}-${isolate}`
  }

  async function tolerate<T>(step: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await step()
    } catch (error) {
      diagnostics.report('outbox', `the outbox failed: ${String(error)}`)
      return otherwise
    }
  }

  function clean({ name, time, context, where, facts, span, sandboxId }: RecordedEvent): KeptEvent {
    const all = { ...boundary.shared(context), ...boundary.shared(where), ...boundary.facts(facts) }
    return { name, time, facts: all, span: span && { ...span }, sandboxId }
  }

  return {
    relays: outbox.relays,
    nextKey,
    recorded(event) {
      if (outbox.relays) return event
      const key = nextKey()
      void tolerate(() => outbox.keepEvent(key, clean(event)), undefined)
      return { ...event, key }
    },
    sealed(parcel, contentType, events) {
      const { key = nextKey(), body, records } = parcel
      const keys = events.flatMap((event) => event.key ?? [])
      const keep = async (): Promise<boolean> => {
        await outbox.keepRequest(key, { contentType, body, records }, keys)
        return true
      }
      return tolerate(keep, false)
    },
    settled({ key }) {
      if (key !== undefined && !outbox.relays) void tolerate(() => outbox.forgetRequest(key), undefined)
    },
    async recover() {
      const { events: left, requests } = await tolerate(() => outbox.recover(), NOTHING_LEFT)
      const events = left.filter(([key]) => !key.endsWith(isolate))
      return {
        events: events.map(([key, event]) => ({ ...event, key, context: NO_FACTS, where: NO_FACTS })),
        parcels: requests.map(([key, { body, records, contentType }]) => ({
          signal: 'events',
          key,
          body,
          records,
          contentType,
        })),
      }
    },
  }
}
