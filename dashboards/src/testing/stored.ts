/** Events and spans as a test tells them: attributes by key, age in seconds before the moment of the test. */
import { type AttributeKey, attr, event, type EventKey } from '@sandglass/schemas/semconv'
import { collectorTables, type CollectorTable } from '@sandglass/schemas/tables'

/** A list, or a moment so many seconds after the moment of the test (stored as Unix ms), or what it says. */
type AttributeValue = string | number | boolean | readonly (string | number)[] | { readonly inS: number }

export type Attributes = Readonly<Partial<Record<AttributeKey, AttributeValue>>>

export interface StoredEvent {
  readonly ageS: number
  readonly event: EventKey
  readonly attributes: Attributes
  readonly resource?: Attributes
  readonly traceId?: string
  readonly spanId?: string
  /** What the collector's pricing found. Decimal text, as in the columns. */
  readonly charges?: readonly StoredCharge[]
}

export interface StoredCharge {
  readonly taskId: string
  readonly sku: string
  readonly quantity: string
  readonly unit: string
  readonly costUsd: string
}

export interface StoredSpan {
  readonly ageS: number
  readonly durationS: number
  readonly name: string
  readonly kind: 'Internal' | 'Client'
  readonly failed?: boolean
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: Attributes
}

/** "Everything acknowledged before this age is queryable", as one collector says it. */
export interface StoredWatermark {
  readonly ageS: number
  readonly state: 'running' | 'stopped'
  readonly collector?: string
}

export type Row = Readonly<Record<string, unknown>>

/** The row of otel_logs that the collector stores for an event. */
export function toLogRow(tenant: string, nowMs: number, stored: StoredEvent): Row {
  const charges = stored.charges ?? []
  return {
    ...recordColumns('otel_logs', 'LogAttributesRest', tenant, nowMs, stored),
    EventName: event[stored.event],
    SeverityText: 'INFO',
    SeverityNumber: 9,
    'Charges.TaskId': charges.map(({ taskId }) => taskId),
    'Charges.Sku': charges.map(({ sku }) => sku),
    'Charges.Quantity': charges.map(({ quantity }) => quantity),
    'Charges.Unit': charges.map(({ unit }) => unit),
    'Charges.CostUsd': charges.map(({ costUsd }) => costUsd),
    PriceVersion: charges.length > 0 ? '2026-11' : '',
  }
}

/** The row of otel_traces that the collector stores for a span. */
export function toTraceRow(tenant: string, nowMs: number, span: StoredSpan): Row {
  return {
    ...recordColumns('otel_traces', 'SpanAttributesRest', tenant, nowMs, span),
    SpanName: span.name,
    SpanKind: span.kind,
    ParentSpanId: span.parentSpanId ?? '',
    Duration: Math.round(span.durationS * 1e9),
    StatusCode: span.failed === true ? 'Error' : 'Unset',
  }
}

interface StoredRecord {
  readonly ageS: number
  readonly attributes: Attributes
  readonly resource?: Attributes
  readonly traceId?: string
  readonly spanId?: string
}

function recordColumns(
  table: CollectorTable,
  restColumn: string,
  tenant: string,
  nowMs: number,
  record: StoredRecord,
): Row {
  const promoted = collectorTables[table].filter(({ attribute }) => attribute !== undefined)
  const attributes = texts(nowMs, record.attributes)
  const rest = Object.entries(attributes).filter(
    ([name]) => !promoted.some(({ attribute }) => attribute === name),
  )
  return {
    Timestamp: dateTime(nowMs - record.ageS * 1000),
    IngestedAt: dateTime(nowMs - record.ageS * 1000 + ingestMs),
    TenantId: tenant,
    TraceId: record.traceId ?? '',
    SpanId: record.spanId ?? '',
    ServiceName: 'agent-worker',
    ResourceAttributes: texts(nowMs, { serviceName: 'agent-worker', ...record.resource }),
    ...Object.fromEntries(promoted.map(({ name, attribute }) => [name, attributes[attribute ?? name] ?? ''])),
    [restColumn]: Object.fromEntries(rest),
  }
}

/** Time from an event to its row in these tests. */
const ingestMs = 400

function texts(nowMs: number, attributes: Attributes): Record<string, string> {
  const entries = Object.entries(attributes) as [AttributeKey, AttributeValue][]
  return Object.fromEntries(entries.map(([key, value]) => [attr[key], text(nowMs, value)]))
}

/** Lists are stored as JSON text. */
function text(nowMs: number, value: AttributeValue): string {
  if (typeof value !== 'object') return String(value)
  return 'inS' in value ? String(nowMs + value.inS * 1000) : JSON.stringify(value)
}

/** ClickHouse's text form of a UTC time, from Unix ms. */
const dateTime = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '')

/** The row of watermarks that a collector writes. */
export function toWatermarkRow(
  tenant: string,
  nowMs: number,
  { ageS, state, collector }: StoredWatermark,
): Row {
  return {
    collector_id: collector ?? 'collector-1',
    worker: 0,
    tenant_id: tenant,
    watermark: dateTime(nowMs - ageS * 1000),
    state,
    updated_at: dateTime(nowMs - ageS * 1000),
  }
}
