import type { HrTime, SpanContext } from '@opentelemetry/api'
import type { EventName } from '@sandglass/schemas/semconv'
import type { FactValue } from '../facts.ts'

/** An event as an outbox keeps it: redacted, not chained yet. It can be cloned. */
export interface KeptEvent {
  readonly name: EventName
  readonly time: HrTime
  readonly facts: Record<string, FactValue>
  readonly span: SpanContext | undefined
  readonly sandboxId: string
}

/** A request as it is sent, time and again byte for byte the same. */
export interface KeptRequest {
  readonly contentType: string
  readonly body: Uint8Array<ArrayBuffer>
  /** Number of events in it. */
  readonly records: number
}

/** Where events are kept. Keys sort in the order of recording. */
export interface OutboxStore {
  /** True for one that delivers what it keeps on its own: such requests are not sent from here. */
  readonly relays: boolean
  /** Called at the very moment of recording; it must begin its write before it returns. */
  keepEvent(key: string, event: KeptEvent): Promise<void>
  /** In one write: keeps a request, and forgets the events that are in it. Resolves when it is durable. */
  keepRequest(key: string, request: KeptRequest, eventKeys: readonly string[]): Promise<void>
  /** It was acknowledged, or never will be. */
  forgetRequest(key: string): Promise<void>
  /** What an earlier isolate left behind, in order. */
  recover(): Promise<Recovered>
}

/** What an earlier isolate left. */
export interface Recovered {
  readonly events: readonly (readonly [key: string, event: KeptEvent])[]
  readonly requests: readonly (readonly [key: string, request: KeptRequest])[]
}
