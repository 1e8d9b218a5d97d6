import type { Outbox } from '../export/outbox.ts'
import { outboxIn } from './outbox-books.ts'
import { isKeptEvent, isKeptRequest } from './kept.ts'

/** The part of a Durable Object's storage that is used. */
export interface OutboxStorage {
  put(key: string, value: unknown): Promise<void>
  delete(keys: string[]): Promise<number>
  list(options: { readonly prefix: string; readonly limit: number }): Promise<Map<string, unknown>>
}

const EVENTS = 'sandglass.outbox.event.'
const REQUESTS = 'sandglass.outbox.request.'
/** Most keys that storage deletes in one call. */
const DELETED_MAX = 128
/** Beyond these an isolate that begins leaves the rest to the next one. */
const RECOVERED_MAX = 1_000

function deleteAll(storage: OutboxStorage, keys: readonly string[]): Promise<unknown> {
  const calls: Promise<unknown>[] = []
  for (let at = 0; at < keys.length; at += DELETED_MAX)
    calls.push(storage.delete(keys.slice(at, at + DELETED_MAX)))
  return Promise.all(calls)
}

/**
 * An outbox in the storage of the Durable Object itself, which must be SQLite-backed: an event is written before
 * anything that the object answers can be seen outside. What a crash left behind is sent when the object next lives;
 * `await sandglass.flush()` in its `alarm()` makes that soon.
 */
export function storageOutbox(storage: OutboxStorage): Outbox {
  async function listAll<T>(
    prefix: string,
    isOurs: (value: unknown) => value is T,
  ): Promise<(readonly [string, T])[]> {
    const found = await storage.list({ prefix, limit: RECOVERED_MAX })
    return [...found].flatMap(([key, value]) =>
      isOurs(value) ? [[key.slice(prefix.length), value] as const] : [],
    )
  }

  return outboxIn({
    relays: false,
    keepEvent: (key, event) => storage.put(EVENTS + key, event),
    async keepRequest(key, request, eventKeys) {
      // No waiting in between: storage makes writes of one turn atomic.
      const written = storage.put(REQUESTS + key, request)
      const forgotten = deleteAll(
        storage,
        eventKeys.map((eventKey) => EVENTS + eventKey),
      )
      await Promise.all([written, forgotten])
    },
    async forgetRequest(key) {
      await storage.delete([REQUESTS + key])
    },
    async recover() {
      const [events, requests] = [listAll(EVENTS, isKeptEvent), listAll(REQUESTS, isKeptRequest)]
      return { events: await events, requests: await requests }
    },
  })
}
