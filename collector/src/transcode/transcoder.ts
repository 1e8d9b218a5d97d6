/** The seam between receiving and storing: OTLP bodies in, ClickHouse Native blocks out. */
import type { LoggedTable } from '@sandglass/schemas/metric-tables'
import type { CollectorTable } from '@sandglass/schemas/tables'
import type { Sandboxes } from '../enrich/sandbox-context.ts'
import { createBodyReaders, type BodyReader } from '../otlp/body-readers.ts'
import type { Accepted } from './accepted.ts'
import { zeroCounts, type TranscodeCounts } from './counts.ts'
import { KeyTable } from './key-table.ts'
import { defaultLimits, type TranscodeLimits } from './limits.ts'
import { LogRows } from './log-rows.ts'
import type { Price } from './price.ts'
import { describeKey } from './promoted.ts'
import type { RowTools } from './row-tools.ts'
import { SpanRows } from './span-rows.ts'
import type { TableRows } from './table-rows.ts'
import { TextWriter } from './text-writer.ts'
import { TimeWindow } from './time-window.ts'

export type { Accepted } from './accepted.ts'

/** Signals whose records this transcoder reads; metrics have their own (metrics/). */
export type RecordSignal = 'traces' | 'logs'
export type Signal = RecordSignal | 'metrics'
export type Encoding = 'protobuf' | 'json'

export interface RequestContext {
  /** From the token alone; whatever the payload claims is not believed. */
  readonly tenantId: string
  readonly receivedAtMs: number
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
  openBytes(table: LoggedTable): number
  /** One Native block with every row appended since the last take; undefined when none. */
  take(table: LoggedTable): NativeBlock | undefined
}

export interface TranscoderOptions {
  /** What is known of sandboxes; completes records that carry an id only. */
  readonly sandboxes: Sandboxes
  /** Prices the two events that carry money; without it they have no charges. */
  readonly price?: Price
  readonly limits?: Partial<TranscodeLimits>
}

/** The transcoder of traces and logs also counts what it met. */
export interface CountingTranscoder {
  append(signal: RecordSignal, encoding: Encoding, body: Uint8Array, context: RequestContext): Accepted
  openBytes(table: CollectorTable): number
  take(table: CollectorTable): NativeBlock | undefined
  readonly counts: Readonly<TranscodeCounts>
}

export function createTranscoder(options: TranscoderOptions): CountingTranscoder {
  const tools = createTools(options)
  const spans = new SpanRows(tools)
  const logs = new LogRows(tools, options.price)
  const readers = createBodyReaders(spans, logs, tools)
  const blocks = { otel_traces: spans.block, otel_logs: logs.block }
  return {
    counts: tools.counts,
    append: (signal, encoding, body, context) =>
      append(signal === 'traces' ? spans : logs, readers[encoding][signal], body, context, tools.counts),
    openBytes: (table) => blocks[table].bytes,
    take(table) {
      const { rows } = blocks[table]
      return rows === 0 ? undefined : { bytes: blocks[table].take(), rows }
    },
  }
}

function createTools(options: TranscoderOptions): RowTools {
  const limits = { ...defaultLimits, ...options.limits }
  const counts = zeroCounts()
  return {
    limits,
    counts,
    sandboxes: options.sandboxes,
    keys: new KeyTable(describeKey),
    text: new TextWriter(limits.textBytesMax, counts),
    times: new TimeWindow(counts, limits.retentionMs, limits.aheadMsMax),
  }
}

function append(
  rows: TableRows,
  read: BodyReader,
  body: Uint8Array,
  context: RequestContext,
  counts: TranscodeCounts,
): Accepted {
  const before = { ...counts }
  rows.beginRequest(context.tenantId, context.receivedAtMs)
  try {
    read(body)
    if (rows.admission.faulty.size > 0) {
      Object.assign(counts, before)
      rows.beginAgain()
      read(body)
    }
  } catch (error) {
    Object.assign(counts, before)
    rows.block.rollBack()
    throw error
  }
  return rows.endRequest()
}
