import {
  SpanStatusCode,
  type HrTime,
  type Link,
  type Span,
  type SpanContext,
  type SpanKind,
} from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import {
  AlwaysOnSampler,
  TracerProvider,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace'
import { attr } from '@sandglass/schemas/semconv'
import { contextOf } from './context/trace-context.ts'
import { describeError } from './describe-error.ts'
import type { InstrumentationScope, RecordedEvent } from './export/event-record.ts'
import type { Facts, FactValue } from './facts.ts'
import type { Guard } from './guard.ts'
import { clip } from './redact/clip.ts'
import type { Timeline } from './timeline.ts'

export interface SpanStart {
  readonly name: string
  readonly kind: SpanKind
  readonly facts: Facts
  readonly parent: SpanContext | undefined
  readonly link?: SpanContext | undefined
}

/** A span that never throws and ends once. */
export interface OpenSpan {
  /** Undefined when the span could not be made. */
  readonly context: SpanContext | undefined
  readonly ended: boolean
  set(facts: Facts): void
  rename(name: string): void
  /** Marks it as failed; `message` only where the error is more than an exit code. */
  fail(error: unknown): void
  failWith(errorType: string, message?: string): void
  /** Ends it now, or at a time that {@link Recorder.now} gave. */
  end(at?: HrTime): void
}

export interface Recorder {
  open(start: SpanStart): OpenSpan
  /** `at` is now when absent. */
  emit(event: Omit<RecordedEvent, 'time'>, at?: HrTime): void
  /** Undefined when the clock fails. */
  now(): HrTime | undefined
}

export interface RecorderPorts {
  readonly guard: Guard
  readonly timeline: Timeline
  readonly resource: Resource
  readonly scope: InstrumentationScope
  readonly onSpan: (span: ReadableSpan) => void
  readonly onEvent: (event: RecordedEvent) => void
}

function clipFacts(facts: Facts): Facts {
  const clipped: Record<string, FactValue> = {}
  for (const [key, value] of Object.entries(facts)) {
    if (value !== undefined) clipped[key] = typeof value === 'string' ? clip(value) : value
  }
  return clipped
}

const idle = (): Promise<void> => Promise.resolve()

function processorOf(onSpan: (span: ReadableSpan) => void): SpanProcessor {
  return { onStart() {}, onEnd: onSpan, forceFlush: idle, shutdown: idle }
}

export function createRecorder(ports: RecorderPorts): Recorder {
  const { guard, timeline } = ports
  const provider = new TracerProvider({
    resource: ports.resource,
    sampler: new AlwaysOnSampler(),
    spanProcessors: [processorOf(ports.onSpan)],
  })
  const tracer = provider.getTracer(ports.scope.name, ports.scope.version)

  const start = ({ name, kind, facts, parent, link }: SpanStart): Span => {
    const links: Link[] = link === undefined ? [] : [{ context: link }]
    const options = { kind, links, attributes: clipFacts(facts), startTime: timeline.next() }
    return tracer.startSpan(clip(name), options, contextOf(parent))
  }

  return {
    open: (from) =>
      openSpan(
        guard(() => start(from)),
        ports,
      ),
    emit(event, at) {
      guard(() => ports.onEvent({ ...event, facts: clipFacts(event.facts), time: at ?? timeline.next() }))
    },
    now: () => guard(() => timeline.next()),
  }
}

function openSpan(span: Span | undefined, { guard, timeline }: RecorderPorts): OpenSpan {
  let ended = false
  const write = (step: (span: Span) => void): void => {
    if (span !== undefined && !ended) guard(() => step(span))
  }
  const failWith = (errorType: string, message?: string): void =>
    write((open) => {
      open.setAttribute(attr.errorType, errorType)
      if (message !== undefined) open.setAttribute(attr.errorMessage, clip(message))
      open.setStatus({
        code: SpanStatusCode.ERROR,
        ...(message === undefined ? {} : { message: clip(message) }),
      })
    })

  return {
    context: guard(() => span?.spanContext()),
    get ended() {
      return ended
    },
    set: (facts) => write((open) => open.setAttributes(clipFacts(facts))),
    rename: (name) => write((open) => open.updateName(clip(name))),
    fail(error) {
      const { type, message } = describeError(error)
      failWith(type, message)
    },
    failWith,
    end(at) {
      write((open) => {
        const endTime = at ?? guard(() => timeline.next())
        ended = true
        open.end(endTime)
      })
    },
  }
}
