import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { Boundary } from './boundary.ts'

/** What leaves of a span: the same, with every string made fit for it. */
export function cleanSpan(span: ReadableSpan, boundary: Boundary): ReadableSpan {
  const { status } = span
  return {
    name: boundary.text(span.name),
    kind: span.kind,
    spanContext: () => span.spanContext(),
    ...(span.parentSpanContext === undefined ? {} : { parentSpanContext: span.parentSpanContext }),
    startTime: span.startTime,
    endTime: span.endTime,
    status:
      status.message === undefined ? status : { code: status.code, message: boundary.text(status.message) },
    attributes: boundary.facts(span.attributes),
    links: span.links.map((link) => ({ ...link, attributes: boundary.facts(link.attributes ?? {}) })),
    events: span.events.map((event) => ({
      ...event,
      name: boundary.text(event.name),
      attributes: boundary.facts(event.attributes ?? {}),
    })),
    duration: span.duration,
    ended: span.ended,
    resource: span.resource,
    instrumentationScope: span.instrumentationScope,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
  }
}
