import type { HrTime, SeverityNumber, SpanContext } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type { EventName } from '@sandglass/schemas/semconv'
import type { Facts } from '../facts.ts'

/** An event as it was recorded: not redacted, not chained yet. */
export interface RecordedEvent {
  readonly name: EventName
  readonly time: HrTime
  /** Attributes of its context and of its sandbox, shared, and its own. */
  readonly context: Facts
  readonly where: Facts
  readonly facts: Facts
  readonly span: SpanContext | undefined
  /** Chain it belongs to; empty when no sandbox is known. */
  readonly sandboxId: string
  /** Where the outbox keeps it. */
  readonly key?: string | undefined
}

export interface InstrumentationScope {
  readonly name: string
  readonly version?: string
}

/** OpenTelemetry's number, without its enumeration at run time. */
const INFO: SeverityNumber.INFO = 9

/** A log record in the shape OpenTelemetry's serializers read. */
export function toLogRecord(
  recorded: RecordedEvent,
  attributes: ReadableLogRecord['attributes'],
  resource: Resource,
  scope: InstrumentationScope,
): ReadableLogRecord {
  return {
    hrTime: recorded.time,
    hrTimeObserved: recorded.time,
    ...(recorded.span === undefined ? {} : { spanContext: recorded.span }),
    severityNumber: INFO,
    severityText: 'INFO',
    body: recorded.name,
    eventName: recorded.name,
    resource,
    instrumentationScope: scope,
    attributes,
    droppedAttributesCount: 0,
  }
}
