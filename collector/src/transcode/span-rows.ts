/** Rows of otel_traces. */
import { tracesColumns } from '@sandglass/schemas/tables'
import { appendBytes, appendWords } from './append.ts'
import { ByteStream } from './byte-stream.ts'
import { SPAN_ID_BYTES, TRACE_ID_BYTES, appendRawId } from './identifier.ts'
import { NO_NAME, SPAN_KINDS, STATUS_CODES } from './names.ts'
import { NestedRows } from './nested-rows.ts'
import { completedMask } from './promoted.ts'
import type { RowTools } from './row-tools.ts'
import { SpanFields } from './span-fields.ts'
import { TableRows } from './table-rows.ts'
import type { TextRef } from './text-ref.ts'
import { isBefore } from './time-window.ts'

const stream = (): ByteStream => new ByteStream()

const ownStreams = () => ({
  Timestamp: stream(),
  TraceId: stream(),
  SpanId: stream(),
  ParentSpanId: stream(),
  TraceState: stream(),
  SpanName: stream(),
  SpanKind: stream(),
  Duration: stream(),
  StatusCode: stream(),
  StatusMessage: stream(),
})

export class SpanRows extends TableRows {
  readonly fields = new SpanFields(new ByteStream())
  readonly events: NestedRows
  readonly links: NestedRows
  readonly #own: ReturnType<typeof ownStreams>
  readonly #eventTimes: ByteStream
  readonly #eventNames: ByteStream
  readonly #linkTraceIds: ByteStream
  readonly #linkSpanIds: ByteStream
  readonly #linkStates: ByteStream

  constructor(tools: RowTools) {
    const own = ownStreams()
    const [events, links] = [new NestedRows(tools), new NestedRows(tools)]
    const [eventTimes, eventNames] = [stream(), stream()]
    const [linkTraceIds, linkSpanIds, linkStates] = [stream(), stream(), stream()]
    super(
      {
        columns: tracesColumns,
        mapColumn: 'SpanAttributesRest',
        scopeColumns: false,
        streams: {
          ...Object.fromEntries(Object.entries(own).map(([name, column]) => [name, [column]])),
          'Events.Timestamp': events.array(eventTimes),
          'Events.Name': events.array(eventNames),
          'Events.Attributes': events.maps(),
          'Links.TraceId': links.array(linkTraceIds),
          'Links.SpanId': links.array(linkSpanIds),
          'Links.TraceState': links.array(linkStates),
          'Links.Attributes': links.maps(),
        },
      },
      tools,
    )
    this.events = events
    this.links = links
    this.#own = own
    this.#eventTimes = eventTimes
    this.#eventNames = eventNames
    this.#linkTraceIds = linkTraceIds
    this.#linkSpanIds = linkSpanIds
    this.#linkStates = linkStates
  }

  override admit(size: number): boolean {
    if (!super.admit(size)) return false
    this.fields.clear()
    this.events.beginRow()
    this.links.beginRow()
    return true
  }

  /** An event whose attributes were written since `events.begin`. */
  endEvent(): void {
    const { eventName, eventLow, eventHigh } = this.fields
    // Beyond the year 2262 ClickHouse has no time.
    appendWords(this.#eventTimes, eventLow, eventHigh & 0x7fff_ffff)
    this.tools.text.put(this.#eventNames, eventName.source, eventName.at, eventName.length)
    this.events.end()
  }

  /** A link whose attributes were written since `links.begin`. */
  endLink(): void {
    const { linkTraceId, linkSpanId, linkTraceState } = this.fields
    this.#putId(this.#linkTraceIds, linkTraceId, TRACE_ID_BYTES, 'a link')
    this.#putId(this.#linkSpanIds, linkSpanId, SPAN_ID_BYTES, 'a link')
    this.tools.text.put(this.#linkStates, linkTraceState.source, linkTraceState.at, linkTraceState.length)
    this.links.end()
  }

  /** The span whose fields, attributes, events and links were read since `admit`. */
  endSpan(): void {
    const own = this.#own
    const { fields } = this
    this.#putId(own.TraceId, fields.traceId, TRACE_ID_BYTES, 'a span')
    this.#putId(own.SpanId, fields.spanId, SPAN_ID_BYTES, 'a span')
    this.#putId(own.ParentSpanId, fields.parentSpanId, SPAN_ID_BYTES, 'a parent span')
    this.#putText(own.TraceState, fields.traceState)
    this.#putText(own.SpanName, fields.name)
    this.#putText(own.StatusMessage, fields.statusMessage)
    putName(own.SpanKind, SPAN_KINDS, fields.kind)
    putName(own.StatusCode, STATUS_CODES, fields.statusCode)
    this.tools.times.put(own.Timestamp, fields.startLow, fields.startHigh)
    this.#putDuration(own.Duration)
    this.events.endRow()
    this.links.endRow()
    this.endRecord(completedMask)
  }

  /** ns; 0 for a span that has no start or no end, or ends before it starts. */
  #putDuration(target: ByteStream): void {
    const { startLow, startHigh, endLow, endHigh } = this.fields
    const isOpen = startLow === 0 && startHigh === 0
    if (isOpen || isBefore(endLow, endHigh, startLow, startHigh)) return appendWords(target, 0, 0)
    const borrow = endLow >>> 0 < startLow >>> 0 ? 1 : 0
    appendWords(target, (endLow - startLow) | 0, (endHigh - startHigh - borrow) | 0)
  }

  #putText(target: ByteStream, { source, at, length }: TextRef): void {
    this.tools.text.put(target, source, at, length)
  }

  #putId(target: ByteStream, { source, at, length }: TextRef, expected: number, owner: string): void {
    if (length === expected) return appendRawId(target, source, at, length)
    appendBytes(target, NO_NAME, 0, 1)
    if (length !== 0) this.admission.fault(`the id of ${owner} has ${length} bytes, not ${expected}`)
  }
}

function putName(target: ByteStream, names: readonly ByteStream[], number: number): void {
  const name = names[number] ?? NO_NAME
  appendBytes(target, name, 0, name.length)
}
