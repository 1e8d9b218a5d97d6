/** Fields of the log record being read; the last value of a field counts. */
import type { ByteStream } from './byte-stream.ts'
import { TextRef } from './text-ref.ts'

export class LogFields {
  readonly traceId: TextRef
  readonly spanId: TextRef
  readonly severityText: TextRef
  readonly eventName: TextRef
  severityNumber = 0
  flags = 0
  timeLow = 0
  timeHigh = 0
  observedLow = 0
  observedHigh = 0

  constructor(source: ByteStream) {
    this.traceId = new TextRef(source)
    this.spanId = new TextRef(source)
    this.severityText = new TextRef(source)
    this.eventName = new TextRef(source)
  }

  clear(): void {
    this.traceId.clear()
    this.spanId.clear()
    this.severityText.clear()
    this.eventName.clear()
    this.severityNumber = 0
    this.flags = 0
    this.timeLow = 0
    this.timeHigh = 0
    this.observedLow = 0
    this.observedHigh = 0
  }
}
