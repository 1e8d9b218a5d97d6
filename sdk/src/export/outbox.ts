import type { Diagnostics } from '../guard.ts'
import type { Clock, RandomHex } from '../ports.ts'
import type { Boundary } from '../redact/boundary.ts'
import type { RecordedEvent } from './event-record.ts'
import type { Parcel } from './parcel.ts'

/** What an outbox needs of the instrument that it is for. */
export interface OutboxPorts {
  readonly boundary: Boundary
  readonly clock: Clock
  readonly random: RandomHex
  readonly diagnostics: Diagnostics
}

/** Keeps audit events where the crash of an isolate does not reach them; made by `@sandglass/sdk/outbox`. */
export interface Outbox {
  open(ports: OutboxPorts): OutboxBooks
}

/** An outbox as the exporter works with it: nothing of it throws or rejects. */
export interface OutboxBooks {
  /** True for one that delivers what it keeps on its own: such requests are not sent from here. */
  readonly relays: boolean
  nextKey(): string
  /** The event, with where it is kept. */
  recorded(event: RecordedEvent): RecordedEvent
  /** False when it could not be kept. */
  sealed(parcel: Parcel, contentType: string, events: readonly RecordedEvent[]): Promise<boolean>
  settled(parcel: Parcel): void
  recover(): Promise<{ readonly events: RecordedEvent[]; readonly parcels: Parcel[] }>
}
