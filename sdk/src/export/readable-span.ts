import type { HrTime, SpanStatusCode } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { Boundary } from '../redact/boundary.ts'
import { SAMPLED, type SpanRecord } from '../span-record.ts'
import type { InstrumentationScope } from './event-record.ts'

const NS_PER_S = 1_000_000_000

/** OpenTelemetry's numbers, without its enumeration at run time. */
const UNSET: SpanStatusCode.UNSET = 0
const ERROR: SpanStatusCode.ERROR = 2

function durationOf(start: HrTime, end: HrTime): HrTime {
  const nanos = (end[0] - start[0]) * NS_PER_S + (end[1] - start[1])
  return nanos <= 0 ? [0, 0] : [Math.floor(nanos / NS_PER_S), nanos % NS_PER_S]
}

/** What leaves of a span: everything it refers to, with every string made fit for it. */
export function toReadableSpan(
  record: SpanRecord,
  boundary: Boundary,
  resource: Resource,
  scope: InstrumentationScope,
): ReadableSpan {
  const { start, span, failure, startTime } = record
  const endTime = record.endTime ?? startTime
  const message = failure?.message
  return {
    name: boundary.text(record.name),
    kind: start.kind,
    spanContext: () => span,
    ...(start.parent === undefined ? {} : { parentSpanContext: start.parent }),
    startTime,
    endTime,
    duration: durationOf(startTime, endTime),
    ended: true,
    status: {
      code: failure === undefined ? UNSET : ERROR,
      ...(message === undefined ? {} : { message: boundary.text(message) }),
    },
    attributes: {
      ...boundary.shared(start.context),
      ...boundary.shared(start.where),
      ...boundary.facts(record.facts),
    },
    links: start.link === undefined ? [] : [{ context: { ...start.link, traceFlags: SAMPLED } }],
    events: [],
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}
