import type { HrTime } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type { AuditChain } from '../audit/chain.ts'
import { reportInternal, type Diagnostics } from '../guard.ts'
import type { Clock, Fetch } from '../ports.ts'
import type { Boundary } from '../redact/boundary.ts'
import type { SpanRecord } from '../span-record.ts'
import type { Accounts } from './accounts.ts'
import { serializersOf, type Encoding } from './encoding.ts'
import { toLogRecord, type InstrumentationScope, type RecordedEvent } from './event-record.ts'
import { BATCH_BYTES_MAX, BATCH_RECORDS_MAX, PARCELS_BYTES_MAX } from './limits.ts'
import { createParcelStore, type Parcel, type Signal } from './parcel.ts'
import { post } from './post.ts'
import type { Queue } from './queue.ts'
import { toReadableSpan } from './readable-span.ts'
import { rejectedRecords } from './rejected.ts'

export interface ExporterPorts {
  readonly spans: Queue<SpanRecord>
  readonly events: Queue<RecordedEvent>
  readonly boundary: Boundary
  readonly chain: AuditChain
  readonly accounts: Accounts
  readonly diagnostics: Diagnostics
  readonly clock: Clock
  readonly fetch: Fetch
  readonly resource: Resource
  readonly scope: InstrumentationScope
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  readonly encoding: Encoding
}

export interface Exporter {
  /** Sends what waits now. Never rejects; one at a time. */
  flush(): Promise<void>
}

const PATHS: Readonly<Record<Signal, string>> = { spans: '/v1/traces', events: '/v1/logs' }

const renderNanos = ([seconds, nanos]: HrTime): string =>
  String(BigInt(seconds) * 1_000_000_000n + BigInt(nanos))

export function createExporter(ports: ExporterPorts): Exporter {
  const { accounts, boundary, chain, diagnostics, encoding } = ports
  const serializers = serializersOf[encoding]
  const base = ports.endpoint.replace(/\/+$/, '')
  const waiting = createParcelStore(PARCELS_BYTES_MAX)

  /** Whatever goes wrong, what was taken from the queue is accounted for. */
  async function pack(
    signal: Signal,
    records: number,
    serialize: () => Uint8Array | undefined | Promise<Uint8Array | undefined>,
  ): Promise<Parcel | undefined> {
    try {
      const body = await serialize()
      if (body !== undefined) return { signal, records, body: new Uint8Array(body) }
    } catch (error) {
      reportInternal(diagnostics, error)
    }
    accounts.add(signal, 'dropped', records)
    return undefined
  }

  function packSpans(): Promise<Parcel | undefined> {
    const spans = ports.spans.take(BATCH_RECORDS_MAX, BATCH_BYTES_MAX)
    return pack('spans', spans.length, () =>
      serializers.spans.serializeRequest(
        spans.map((span) => toReadableSpan(span, boundary, ports.resource, ports.scope)),
      ),
    )
  }

  function packEvents(): Promise<Parcel | undefined> {
    const events = ports.events.take(BATCH_RECORDS_MAX, BATCH_BYTES_MAX)
    return pack('events', events.length, async () => {
      const records: ReadableLogRecord[] = []
      for (const recorded of events) records.push(await seal(recorded))
      await chain.save()
      return serializers.events.serializeRequest(records)
    })
  }

  async function seal(recorded: RecordedEvent): Promise<ReadableLogRecord> {
    const clean = {
      ...boundary.shared(recorded.context),
      ...boundary.shared(recorded.where),
      ...boundary.facts(recorded.facts),
    }
    const sealed = await chain.seal(recorded.sandboxId, recorded.name, renderNanos(recorded.time), clean)
    return toLogRecord(recorded, { ...sealed }, ports.resource, ports.scope)
  }

  async function send(parcel: Parcel): Promise<void> {
    const headers = { ...ports.headers, 'content-type': serializers.contentType }
    const url = base + PATHS[parcel.signal]
    const outcome = await post(ports.fetch, ports.clock, { url, headers, body: parcel.body })
    if (outcome.result === 'acked') return settle(parcel, outcome.answer, outcome.contentType)
    diagnostics.report('export.failed', `${parcel.records} ${parcel.signal} to ${url}: ${outcome.reason}`)
    if (outcome.result === 'never') return drop([parcel])
    drop(waiting.keep(parcel))
  }

  function settle(parcel: Parcel, answer: Uint8Array, contentType: string): void {
    const isOurs = contentType.startsWith(serializers.contentType)
    const rejected = isOurs ? rejectedRecords(serializers, parcel, answer) : 0
    if (rejected > 0) diagnostics.report('export.rejected', `${rejected} ${parcel.signal} were refused`)
    accounts.add(parcel.signal, 'rejected', rejected)
    accounts.add(parcel.signal, 'acked', parcel.records - rejected)
  }

  function drop(parcels: readonly Parcel[]): void {
    for (const { signal, records } of parcels) {
      accounts.add(signal, 'dropped', records)
      accounts.addExportError()
    }
  }

  async function sendAll(
    queue: { readonly length: number },
    pack: () => Promise<Parcel | undefined>,
  ): Promise<void> {
    while (queue.length > 0) {
      const parcel = await pack()
      if (parcel !== undefined) await send(parcel)
    }
  }

  async function run(): Promise<void> {
    for (const parcel of waiting.takeAll()) await send(parcel)
    await Promise.all([sendAll(ports.events, packEvents), sendAll(ports.spans, packSpans)])
  }

  let last: Promise<void> = Promise.resolve()
  return {
    flush() {
      last = last.then(run).catch((error: unknown) => reportInternal(diagnostics, error))
      return last
    },
  }
}
