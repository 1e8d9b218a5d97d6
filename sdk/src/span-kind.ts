import type { SpanKind } from '@opentelemetry/api'

/** OpenTelemetry's span kinds, without its enumeration at run time. */
export const INTERNAL: SpanKind.INTERNAL = 0
export const CLIENT: SpanKind.CLIENT = 2
