/** Rows of otel_logs. */
import { attr, event } from '@sandglass/schemas/semconv'
import { logsColumns } from '@sandglass/schemas/tables'
import { unknownContext } from '../enrich/sandbox-context.ts'
import type { ValueSink } from '../otlp/value.ts'
import type { Accepted } from './accepted.ts'
import { appendAscii, appendByte, appendBytes, encodeString } from './append.ts'
import { ByteStream } from './byte-stream.ts'
import { ChargeColumns } from './charge-columns.ts'
import { sameRange, stringAt } from './encoded-string.ts'
import { SPAN_ID_BYTES, TRACE_ID_BYTES, appendRawId } from './identifier.ts'
import { LogFields } from './log-fields.ts'
import { NO_NAME } from './names.ts'
import { appendDouble, appendInteger } from './number-text.ts'
import { type Price, type PricedEvent, pricedEvents } from './price.ts'
import { completedColumns, completedMask, sandboxIdIndex, taskMask } from './promoted.ts'
import type { RowTools } from './row-tools.ts'
import { NewsBuffer, tellsOfSandbox } from './sandbox-news.ts'
import { TableRows } from './table-rows.ts'
import type { TextRef } from './text-ref.ts'

/** Reads the attributes of the record at hand once more, as values. */
export type ReadAttributes = () => ReadonlyMap<string, unknown>

const stream = (): ByteStream => new ByteStream()

const ownStreams = () => ({
  Timestamp: stream(),
  TraceId: stream(),
  SpanId: stream(),
  TraceFlags: stream(),
  SeverityText: stream(),
  SeverityNumber: stream(),
  Body: stream(),
  EventName: stream(),
})

/** As a sink it takes the body of the record at hand. */
export class LogRows extends TableRows implements ValueSink {
  readonly fields = new LogFields(new ByteStream())
  readonly #own: ReturnType<typeof ownStreams>
  readonly #charges: ChargeColumns
  readonly #price: Price | undefined
  readonly #news: NewsBuffer
  #tenantId = ''
  #bodyStart = 0

  constructor(tools: RowTools, price: Price | undefined) {
    const own = ownStreams()
    const charges = new ChargeColumns(tools.text)
    const columns = Object.entries(own).map(([name, column]) => [name, [column]])
    const streams = { ...Object.fromEntries(columns), ...charges.streams() }
    super({ columns: logsColumns, mapColumn: 'LogAttributesRest', scopeColumns: true, streams }, tools)
    this.#own = own
    this.#charges = charges
    this.#price = price
    this.#news = new NewsBuffer(tools.sandboxes)
  }

  override admit(size: number): boolean {
    if (!super.admit(size)) return false
    this.fields.clear()
    this.context.markRow()
    this.#bodyStart = this.#own.Body.length
    return true
  }

  /** Takes the body's value; a later one replaces an earlier one. */
  text(source: ByteStream, at: number, length: number): void {
    this.#own.Body.length = this.#bodyStart
    this.tools.text.put(this.#own.Body, source, at, length)
  }

  integer(low: number, high: number): void {
    this.#own.Body.length = this.#bodyStart
    appendInteger(this.#own.Body, low, high)
  }

  double(value: number): void {
    this.#own.Body.length = this.#bodyStart
    appendDouble(this.#own.Body, value)
  }

  plain(value: string): void {
    this.#own.Body.length = this.#bodyStart
    appendAscii(this.#own.Body, value)
  }

  rendered(value: string): void {
    this.#own.Body.length = this.#bodyStart
    this.tools.text.putString(this.#own.Body, value)
  }

  /** The log record whose fields and attributes were read since `admit`. */
  endLog(readAttributes: ReadAttributes): void {
    const own = this.#own
    const { fields } = this
    if (own.Body.length === this.#bodyStart) appendByte(own.Body, 0)
    this.#putId(own.TraceId, fields.traceId, TRACE_ID_BYTES)
    this.#putId(own.SpanId, fields.spanId, SPAN_ID_BYTES)
    this.#putText(own.SeverityText, fields.severityText)
    appendByte(own.SeverityNumber, fields.severityNumber & 0xff)
    appendByte(own.TraceFlags, fields.flags & 0xff)
    this.#putTimestamp()
    const nameAt = own.EventName.length
    this.#putText(own.EventName, fields.eventName)
    const priced = this.#putCharges(nameAt, readAttributes)
    this.endRecord(completable(own.EventName, nameAt, priced))
    if (tellsOfSandbox(own.EventName, nameAt)) this.#note(stringAt(own.EventName, nameAt), readAttributes)
  }

  override beginRequest(tenantId: string, receivedAtMs: number): void {
    super.beginRequest(tenantId, receivedAtMs)
    this.#tenantId = tenantId
    this.#news.clear()
  }

  override beginAgain(): void {
    super.beginAgain()
    this.#news.clear()
  }

  override endRequest(): Accepted {
    this.#news.tell()
    return super.endRequest()
  }

  #note(eventName: string, readAttributes: ReadAttributes): void {
    const sandboxId = this.context.valueOf(sandboxIdIndex)
    if (sandboxId === '') return
    const known = completedColumns.map(({ index, field }) => [field, this.context.valueOf(index)] as const)
    const instance = readAttributes().get(attr.instanceType)
    const instanceType = typeof instance === 'string' ? instance : ''
    const context = { ...unknownContext, ...Object.fromEntries(known), instanceType }
    this.#news.add({ tenantId: this.#tenantId, sandboxId, eventName, context })
  }

  #putTimestamp(): void {
    const { timeLow, timeHigh, observedLow, observedHigh } = this.fields
    const timed = timeLow !== 0 || timeHigh !== 0
    const target = this.#own.Timestamp
    if (timed) this.tools.times.put(target, timeLow, timeHigh)
    else this.tools.times.put(target, observedLow, observedHigh)
  }

  /** Whether the record is one that carries money. */
  #putCharges(nameAt: number, readAttributes: ReadAttributes): boolean {
    const priced = isPriced(this.#own.EventName, nameAt)
    const charges = priced ? this.#charge(stringAt(this.#own.EventName, nameAt), readAttributes) : undefined
    if (charges) this.#charges.put(charges)
    else this.#charges.putNone()
    return priced
  }

  #charge(eventName: string, readAttributes: ReadAttributes): PricedEvent | undefined {
    const { counts } = this.tools
    try {
      const made = this.#price?.(eventName, readAttributes(), lastMs(this.#own.Timestamp))
      counts.chargesMade += made?.charges.length ?? 0
      return made
    } catch {
      counts.chargesFailed++
      return undefined
    }
  }

  #putText(target: ByteStream, { source, at, length }: TextRef): void {
    this.tools.text.put(target, source, at, length)
  }

  #putId(target: ByteStream, { source, at, length }: TextRef, expected: number): void {
    if (length === expected) return appendRawId(target, source, at, length)
    appendBytes(target, NO_NAME, 0, 1)
    if (length !== 0) this.admission.fault(`an id of a log record has ${length} bytes, not ${expected}`)
  }
}

const pricedNames = pricedEvents.map(encodeString)

function isPriced(names: ByteStream, at: number): boolean {
  return pricedNames.some((name) => sameRange(names, at, names.length, name))
}

const correctedName = encodeString(event.chargeCorrected)

/** A correction is booked on what its charge was booked on, however empty: nothing completes it. */
function completable(names: ByteStream, at: number, priced: boolean): number {
  if (sameRange(names, at, names.length, correctedName)) return 0
  return priced ? completedMask & ~taskMask : completedMask
}

const NS_PER_MS = 1_000_000n

function lastMs(times: ByteStream): number {
  return Number(times.view.getBigInt64(times.length - 8, true) / NS_PER_MS)
}
