import type { HrTime, SpanContext, SpanKind } from '@opentelemetry/api'
import { attr } from '@sandglass/schemas/semconv'
import { describeError } from './describe-error.ts'
import { clipFacts, type Facts } from './facts.ts'
import { clip } from './redact/clip.ts'
import type { Timeline } from './timeline.ts'

export interface SpanStart {
  readonly name: string
  readonly kind: SpanKind
  /** Attributes of the context, shared by everything in it; they must not change any more. */
  readonly context: Facts
  /** Attributes of the sandbox, shared likewise. */
  readonly where: Facts
  /** Attributes of its own. */
  readonly facts: Facts
  readonly parent: SpanContext | undefined
  readonly link?: SpanContext | undefined
}

/** A span that never throws and ends once. */
export interface OpenSpan {
  /** Undefined when the span could not be made. */
  readonly span: SpanContext | undefined
  readonly ended: boolean
  set(facts: Facts): void
  /** Gives it another name, when what it is of becomes known late. */
  rename(name: string): void
  /** Marks it as failed by what was thrown. */
  fail(error: unknown): void
  failWith(errorType: string, message?: string): void
  /** Ends it now, or at a time that {@link Timeline.next} gave. */
  end(at?: HrTime): void
}

/** A clock that was set back in between ends a span as it began. */
const later = (a: HrTime, b: HrTime): HrTime => (b[0] > a[0] || (b[0] === a[0] && b[1] > a[1]) ? b : a)

/** W3C trace flags: sampled, since nothing of ours is sampled away. */
export const SAMPLED = 1

/**
 * A span as it is kept until it is sent. It refers to the attributes of its context instead of copying them: a span
 * costs its host what is its own.
 */
export class SpanRecord implements OpenSpan {
  readonly span: SpanContext
  readonly start: SpanStart
  name: string
  readonly startTime: HrTime
  endTime: HrTime | undefined
  facts: Facts
  failure: { readonly message: string | undefined } | undefined
  readonly #timeline: Timeline
  readonly #onEnd: (record: SpanRecord) => void

  constructor(
    start: SpanStart,
    ids: { readonly traceId: string; readonly spanId: string },
    timeline: Timeline,
    onEnd: (record: SpanRecord) => void,
  ) {
    this.start = start
    this.name = start.name
    this.span = { traceId: ids.traceId, spanId: ids.spanId, traceFlags: SAMPLED }
    this.facts = clipFacts(start.facts)
    this.startTime = timeline.next()
    this.#timeline = timeline
    this.#onEnd = onEnd
  }

  get ended(): boolean {
    return this.endTime !== undefined
  }

  set(facts: Facts): void {
    if (!this.ended) Object.assign(this.facts, clipFacts(facts))
  }

  rename(name: string): void {
    if (!this.ended) this.name = clip(name)
  }

  fail(error: unknown): void {
    const { type, message } = describeError(error)
    this.failWith(type, message)
  }

  failWith(errorType: string, message?: string): void {
    if (this.ended) return
    this.failure = { message }
    this.set({ [attr.errorType]: errorType, [attr.errorMessage]: message })
  }

  end(at?: HrTime): void {
    if (this.ended) return
    this.endTime = later(this.startTime, at ?? this.#timeline.next())
    this.#onEnd(this)
  }
}

/** Stands in where a span could not be made. */
export const noSpan: OpenSpan = {
  span: undefined,
  ended: true,
  set() {},
  rename() {},
  fail() {},
  failWith() {},
  end() {},
}
