/** The seam between receiving and storing: OTLP bodies in, ClickHouse Native blocks out. */
import type { CollectorTable } from '@sandglass/schemas/tables'

export type Signal = 'traces' | 'logs'
export type Encoding = 'protobuf' | 'json'

export interface RequestContext {
  /** From the token alone; whatever the payload claims is not believed. */
  readonly tenantId: string
  readonly receivedAtMs: number
}

export interface Accepted {
  readonly rows: number
  /** Records left out, for the partial success of the answer. */
  readonly rejected: number
  /** Why records were left out; absent when none was. */
  readonly reason?: string
}

/** One block in ClickHouse's Native format. `bytes` stay valid until the next take of the same table. */
export interface NativeBlock {
  readonly bytes: Uint8Array
  readonly rows: number
}

export interface Transcoder {
  /** Appends the rows of one request to the table's open block: all of it or, on a DecodeError (malformed body), nothing. */
  append(signal: Signal, encoding: Encoding, body: Uint8Array, context: RequestContext): Accepted
  /** Size the table's next block will have, within a few percent; 0 when it has no row. */
  openBytes(table: CollectorTable): number
  /** One Native block with every row appended since the last take; undefined when none. */
  take(table: CollectorTable): NativeBlock | undefined
}
