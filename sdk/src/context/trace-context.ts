import type { SpanContext } from '@opentelemetry/api'
import { SAMPLED } from '../span-record.ts'

const TRACEPARENT = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-|$)/

/** W3C trace context; the flag says sampled, since nothing of ours is sampled away. */
export function formatTraceparent(span: SpanContext): string {
  return `00-${span.traceId}-${span.spanId}-01`
}

/** Undefined for anything that is not a valid version 00-like header. */
export function parseTraceparent(text: string | null | undefined): SpanContext | undefined {
  const [, traceId = '', spanId = ''] = TRACEPARENT.exec(text ?? '') ?? []
  if (/^0*$/.test(traceId) || /^0*$/.test(spanId)) return undefined
  return { traceId, spanId, traceFlags: SAMPLED, isRemote: true }
}
