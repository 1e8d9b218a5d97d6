/** Fields of the span being read; the last value of a field counts. */
import type { ByteStream } from './byte-stream.ts'
import { TextRef } from './text-ref.ts'

export class SpanFields {
  readonly traceId: TextRef
  readonly spanId: TextRef
  readonly parentSpanId: TextRef
  readonly traceState: TextRef
  readonly name: TextRef
  readonly statusMessage: TextRef
  /** Of an event or link: its own name, state and ids. */
  readonly eventName: TextRef
  readonly linkTraceId: TextRef
  readonly linkSpanId: TextRef
  readonly linkTraceState: TextRef
  kind = 0
  statusCode = 0
  startLow = 0
  startHigh = 0
  endLow = 0
  endHigh = 0
  eventLow = 0
  eventHigh = 0

  constructor(source: ByteStream) {
    const ref = (): TextRef => new TextRef(source)
    this.traceId = ref()
    this.spanId = ref()
    this.parentSpanId = ref()
    this.traceState = ref()
    this.name = ref()
    this.statusMessage = ref()
    this.eventName = ref()
    this.linkTraceId = ref()
    this.linkSpanId = ref()
    this.linkTraceState = ref()
  }

  clear(): void {
    this.traceId.clear()
    this.spanId.clear()
    this.parentSpanId.clear()
    this.traceState.clear()
    this.name.clear()
    this.statusMessage.clear()
    this.kind = 0
    this.statusCode = 0
    this.startLow = 0
    this.startHigh = 0
    this.endLow = 0
    this.endHigh = 0
  }

  clearEvent(): void {
    this.eventName.clear()
    this.eventLow = 0
    this.eventHigh = 0
  }

  clearLink(): void {
    this.linkTraceId.clear()
    this.linkSpanId.clear()
    this.linkTraceState.clear()
  }
}
