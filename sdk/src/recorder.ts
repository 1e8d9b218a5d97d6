import type { HrTime } from '@opentelemetry/api'
import type { RecordedEvent } from './export/event-record.ts'
import { clipFacts } from './facts.ts'
import type { Guard } from './guard.ts'
import { createSpanIds } from './ids.ts'
import { clip } from './redact/clip.ts'
import { SpanRecord, noSpan, type OpenSpan, type SpanStart } from './span-record.ts'
import type { Timeline } from './timeline.ts'

export interface Recorder {
  /** Never throws. */
  open(start: SpanStart): OpenSpan
  /** `at` is now when absent. Never throws. */
  emit(event: Omit<RecordedEvent, 'time'>, at?: HrTime): void
  now(): HrTime
}

export interface RecorderPorts {
  readonly guard: Guard
  readonly timeline: Timeline
  readonly onSpan: (span: SpanRecord) => void
  readonly onEvent: (event: RecordedEvent) => void
}

export function createRecorder({ guard, timeline, onSpan, onEvent }: RecorderPorts): Recorder {
  const ids = createSpanIds()
  return {
    open(start) {
      const make = (): OpenSpan => {
        const traceId = start.parent?.traceId ?? ids.traceId()
        const named = { ...start, name: clip(start.name) }
        return new SpanRecord(named, { traceId, spanId: ids.spanId() }, timeline, onSpan)
      }
      return guard(make) ?? noSpan
    },
    emit(event, at) {
      guard(() => onEvent({ ...event, facts: clipFacts(event.facts), time: at ?? timeline.next() }))
    },
    now: () => timeline.next(),
  }
}
