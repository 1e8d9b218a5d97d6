/** Collects what one sandbox says in its life: spans, and events in one hash chain. */
import { createHash } from 'node:crypto'
import { attr, type EventName } from '@sandglass/schemas/semconv'
import type { Attributes, EventFacts, SpanFacts } from '@sandglass/schemas/testing/rows'
import type { Random } from '../random.ts'

export interface Span {
  readonly name: string
  readonly startMs: number
  readonly durationMs: number
  readonly attributes: Attributes
  readonly parentSpanId?: string
  readonly status?: 'Unset' | 'Error'
  readonly links?: readonly string[]
}

const TRACE_DIGITS = 32
const SPAN_DIGITS = 16
const EPOCH_DIGITS = 8

export class Recorder {
  readonly spans: SpanFacts[] = []
  readonly events: EventFacts[] = []
  readonly random: Random
  readonly #resource: Attributes
  readonly #epoch: string
  #traceId = ''
  #sequence = 0
  #hash = ''

  constructor(random: Random, resource: Attributes) {
    this.random = random
    this.#resource = resource
    this.#epoch = random.hex(EPOCH_DIGITS)
    this.startTrace()
  }

  /** Everything after this belongs to a trace of its own. */
  startTrace(): void {
    this.#traceId = this.random.hex(TRACE_DIGITS)
  }

  newSpanId(): string {
    return this.random.hex(SPAN_DIGITS)
  }

  /** Returns the span's id. */
  span({ name, startMs, durationMs, attributes, ...rest }: Span, spanId = this.newSpanId()): string {
    this.spans.push({
      name,
      timeMs: startMs,
      durationMs,
      attributes,
      resource: this.#resource,
      traceId: this.#traceId,
      spanId,
      ...rest,
    })
    return spanId
  }

  event(name: EventName, timeMs: number, attributes: Attributes, spanId = ''): void {
    this.#sequence += 1
    const previous = this.#hash
    this.#hash = createHash('sha256')
      .update(`${previous}\n${name}\n${this.#sequence}\n${timeMs}`)
      .digest('hex')
    const chain = {
      [attr.auditEpoch]: this.#epoch,
      [attr.auditSequence]: this.#sequence,
      [attr.auditPrevHash]: previous,
      [attr.auditHash]: this.#hash,
    }
    this.events.push({
      name,
      timeMs,
      attributes: { ...attributes, ...chain },
      resource: this.#resource,
      traceId: this.#traceId,
      spanId,
    })
  }
}
