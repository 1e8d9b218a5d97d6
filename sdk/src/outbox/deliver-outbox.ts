import { post } from '../export/post.ts'
import { isKeptRequest } from './kept.ts'
import { systemClock, systemFetch, type Clock, type Fetch } from '../ports.ts'

/** The part of a queue's batch that is used. */
export interface OutboxBatch {
  readonly messages: readonly {
    readonly body: unknown
    ack(): void
    retry(): void
  }[]
}

/** Where a queue's requests are sent on to. */
export interface DeliverOptions {
  /** Base URL of the OTLP/HTTP receiver. */
  readonly endpoint: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly fetch?: Fetch | undefined
  readonly clock?: Clock | undefined
}

/**
 * Sends on what `queueOutbox` put into a queue: call it in the consumer's `queue()`. What the receiver cannot take now
 * is retried by the queue; what it never will take, or is nothing of ours, is acknowledged and returned as refused.
 */
export async function deliverOutbox(
  batch: OutboxBatch,
  { endpoint, headers, fetch = systemFetch, clock = systemClock }: DeliverOptions,
): Promise<{ readonly delivered: number; readonly refused: number; readonly retried: number }> {
  const counts = { delivered: 0, refused: 0, retried: 0 }
  const url = `${endpoint.replace(/\/+$/, '')}/v1/logs`
  for (const message of batch.messages) {
    const outcome = await deliver(message.body)
    counts[outcome]++
    if (outcome === 'retried') message.retry()
    else message.ack()
  }
  return counts

  async function deliver(body: unknown): Promise<keyof typeof counts> {
    if (!isKeptRequest(body)) return 'refused'
    const all = { ...headers, 'content-type': body.contentType }
    const { result } = await post(fetch, clock, { url, headers: all, body: new Uint8Array(body.body) })
    if (result === 'acked') return 'delivered'
    return result === 'later' ? 'retried' : 'refused'
  }
}
