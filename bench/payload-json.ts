/** Writes request models as OTLP/JSON. */
import type { AttributeValue, RequestModel, SpanModel } from './payload.ts'

export function toJson(request: RequestModel): Buffer {
  const resource = { attributes: request.resource.map(([key, value]) => keyValue(key, value)) }
  const scopeSpans = [
    { scope: { name: '@sandglass/sdk', version: '0.1.0' }, spans: request.spans.map(toSpan) },
  ]
  return Buffer.from(JSON.stringify({ resourceSpans: [{ resource, scopeSpans }] }))
}

function toSpan(span: SpanModel): object {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: String(span.startNs),
    endTimeUnixNano: String(span.endNs),
    attributes: span.attributes.map(([key, value]) => keyValue(key, value)),
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    status: span.statusCode === 0 ? { code: 0 } : { code: span.statusCode, message: span.statusMessage },
    links: [],
    droppedLinksCount: 0,
  }
}

function keyValue(key: string, value: AttributeValue): object {
  if (typeof value === 'string') return { key, value: { stringValue: value } }
  if (typeof value === 'number') return { key, value: { intValue: value } }
  return { key, value: { doubleValue: value.double } }
}
