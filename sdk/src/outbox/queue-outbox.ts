import type { Outbox } from '../export/outbox.ts'
import { outboxIn } from './outbox-books.ts'
import type { KeptRequest } from './outbox-store.ts'

/** The part of a Cloudflare Queue's producer that is used. */
export interface OutboxQueue {
  send(message: KeptRequest, options: { readonly contentType: 'v8' }): Promise<unknown>
}

/**
 * An outbox that hands requests to a Cloudflare Queue as soon as their events are recorded; `deliverOutbox` in the
 * queue's consumer sends them on. A request in the queue counts as acknowledged.
 */
export function queueOutbox(queue: OutboxQueue): Outbox {
  return outboxIn({
    relays: true,
    keepEvent: async () => {},
    async keepRequest(_, request) {
      await queue.send(request, { contentType: 'v8' })
    },
    forgetRequest: async () => {},
    recover: async () => ({ events: [], requests: [] }),
  })
}
