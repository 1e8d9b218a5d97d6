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
import type { OutboxBooks } from './outbox.ts'
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
  readonly outbox: OutboxBooks | undefined
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
  /** Hands the events that wait to an outbox that delivers them, now. Never rejects. */
  relay(): Promise<void>
}

const PATHS: Readonly<Record<Signal, string>> = { spans: '/v1/traces', events: '/v1/logs' }

const renderNanos = ([seconds, nanos]: HrTime): string =>
  String(BigInt(seconds) * 1_000_000_000n + BigInt(nanos))

export function createExporter(ports: ExporterPorts): Exporter {
  const { accounts, boundary, chain, diagnostics, encoding, outbox } = ports
  const serializers = serializersOf(encoding)
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

  /** Undefined also for what the outbox delivers on its own. */
  async function packEvents(): Promise<Parcel | undefined> {
    const events = ports.events.take(BATCH_RECORDS_MAX, BATCH_BYTES_MAX)
    const parcel = await pack('events', events.length, async () => {
      const records: ReadableLogRecord[] = []
      for (const recorded of events) records.push(await seal(recorded))
      return serializers.events.serializeRequest(records)
    })
    return parcel && keepSealed(parcel, events)
  }

  /** Both writes begin together, so that storage makes them one: what is chained is kept, and once. */
  async function keepSealed(packed: Parcel, events: readonly RecordedEvent[]): Promise<Parcel | undefined> {
    const parcel = outbox === undefined ? packed : { ...packed, key: outbox.nextKey() }
    const kept = outbox?.sealed(parcel, serializers.contentType, events)
    await Promise.all([kept, chain.save()])
    if (outbox?.relays !== true || !(await kept)) return parcel
    accounts.add('events', 'acked', parcel.records)
    return undefined
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

  /** False when the receiver cannot take anything now. */
  async function send(parcel: Parcel): Promise<boolean> {
    const headers = { ...ports.headers, 'content-type': parcel.contentType ?? serializers.contentType }
    const url = base + PATHS[parcel.signal]
    const outcome = await post(ports.fetch, ports.clock, { url, headers, body: parcel.body })
    if (outcome.result === 'acked') settle(parcel, outcome.answer, outcome.contentType)
    if (outcome.result === 'acked') return true
    diagnostics.report('export.failed', `${parcel.records} ${parcel.signal} to ${url}: ${outcome.reason}`)
    drop(outcome.result === 'never' ? [parcel] : waiting.keep(parcel))
    return outcome.result === 'never'
  }

  function settle(parcel: Parcel, answer: Uint8Array, contentType: string): void {
    outbox?.settled(parcel)
    const isOurs = contentType.startsWith(serializers.contentType)
    const rejected = isOurs ? rejectedRecords(serializers, parcel, answer) : 0
    if (rejected > 0) diagnostics.report('export.rejected', `${rejected} ${parcel.signal} were refused`)
    accounts.add(parcel.signal, 'rejected', rejected)
    accounts.add(parcel.signal, 'acked', parcel.records - rejected)
  }

  function drop(parcels: readonly Parcel[]): void {
    for (const parcel of parcels) {
      const { signal, records } = parcel
      outbox?.settled(parcel)
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
      if (parcel !== undefined && !(await send(parcel))) return
    }
  }

  async function run(): Promise<void> {
    const parcels = waiting.takeAll()
    for (const [index, parcel] of parcels.entries()) {
      if (await send(parcel)) continue
      for (const left of parcels.slice(index + 1)) drop(waiting.keep(left))
      return
    }
    await Promise.all([sendAll(ports.events, packEvents), sendAll(ports.spans, packSpans)])
  }

  /** What an earlier isolate left goes first, so that the chain goes on in order. */
  async function recover(): Promise<void> {
    if (outbox === undefined) return
    const { events, parcels } = await outbox.recover()
    accounts.add('events', 'recorded', events.length + parcels.reduce((sum, { records }) => sum + records, 0))
    accounts.add('events', 'dropped', ports.events.putBefore(events).length)
    for (const parcel of parcels) drop(waiting.keep(parcel))
  }

  const report = (error: unknown): void => reportInternal(diagnostics, error)
  let last: Promise<void> = recover().catch(report)
  return {
    flush() {
      last = last.then(run).catch(report)
      return last
    },
    relay() {
      last = last.then(() => sendAll(ports.events, packEvents)).catch(report)
      return last
    },
  }
}
