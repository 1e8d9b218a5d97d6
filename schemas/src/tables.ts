/**
 * Physical columns of the two tables that collectors write, in the order of the Native block.
 * The wire type is what a block declares; ClickHouse accepts String for LowCardinality(String) and
 * Map(String, String) for Map(LowCardinality(String), String). The DDL is in migrations/; a test holds both equal.
 */
import { attributeFacts } from './semconv-facts.ts'
import { attr, type AttributeKey, type AttributeName } from './semconv.ts'

export type WireType =
  | 'String'
  | 'Bool'
  | 'UInt8'
  | 'UInt32'
  | 'UInt64'
  | 'Int32'
  | 'Float64'
  | 'DateTime64(3)'
  | 'DateTime64(9)'
  | 'Map(String, String)'
  | 'Array(String)'
  | 'Array(UInt64)'
  | 'Array(Float64)'
  | 'Array(DateTime64(9))'
  | 'Array(Decimal(38, 12))'
  | 'Array(Map(String, String))'

export interface TableColumn {
  readonly name: string
  readonly wire: WireType
  /** The attribute whose value this column holds instead of the attribute map. */
  readonly attribute?: AttributeName
}

const column = (name: string, wire: WireType): TableColumn => ({ name, wire })

const promoted = (key: AttributeKey): TableColumn => ({
  name: attributeFacts[key].column ?? raiseUnpromoted(key),
  wire: 'String',
  attribute: attr[key],
})

function raiseUnpromoted(key: AttributeKey): never {
  throw new Error(`attribute ${key} names no column in semconv-facts.ts`)
}

/**
 * Context of a task, the same on spans and events. TenantId comes from the token alone, never from the payload.
 * A value is taken from the record's attributes, else from its resource, else from what is known of its sandbox.
 */
export const contextColumns: readonly TableColumn[] = [
  column('TenantId', 'String'),
  promoted('teamId'),
  promoted('userId'),
  promoted('sandboxId'),
  promoted('sessionId'),
  promoted('taskId'),
  promoted('taskClass'),
  promoted('tier'),
  promoted('agentName'),
  promoted('toolName'),
  promoted('toolCallId'),
  promoted('toolParentName'),
  promoted('toolParentCallId'),
  promoted('promptId'),
  promoted('operation'),
  promoted('commandLine'),
]

/** otel_traces: the OpenTelemetry ClickHouse exporter's columns, the context, and what no column holds. */
export const tracesColumns: readonly TableColumn[] = [
  column('Timestamp', 'DateTime64(9)'),
  column('TraceId', 'String'),
  column('SpanId', 'String'),
  column('ParentSpanId', 'String'),
  column('TraceState', 'String'),
  column('SpanName', 'String'),
  column('SpanKind', 'String'),
  column('ServiceName', 'String'),
  column('ResourceAttributes', 'Map(String, String)'),
  column('ScopeName', 'String'),
  column('ScopeVersion', 'String'),
  column('SpanAttributesRest', 'Map(String, String)'),
  column('Duration', 'UInt64'),
  column('StatusCode', 'String'),
  column('StatusMessage', 'String'),
  column('Events.Timestamp', 'Array(DateTime64(9))'),
  column('Events.Name', 'Array(String)'),
  column('Events.Attributes', 'Array(Map(String, String))'),
  column('Links.TraceId', 'Array(String)'),
  column('Links.SpanId', 'Array(String)'),
  column('Links.TraceState', 'Array(String)'),
  column('Links.Attributes', 'Array(Map(String, String))'),
  ...contextColumns,
  column('IngestedAt', 'DateTime64(3)'),
]

/**
 * otel_logs: the exporter's columns, the context, and the charges of the two events that carry money
 * (one element per SKU and task; amounts are exact, rounded once, half-even, to nano-USD).
 */
export const logsColumns: readonly TableColumn[] = [
  column('Timestamp', 'DateTime64(9)'),
  column('TraceId', 'String'),
  column('SpanId', 'String'),
  column('TraceFlags', 'UInt8'),
  column('SeverityText', 'String'),
  column('SeverityNumber', 'UInt8'),
  column('ServiceName', 'String'),
  column('Body', 'String'),
  column('ResourceSchemaUrl', 'String'),
  column('ResourceAttributes', 'Map(String, String)'),
  column('ScopeSchemaUrl', 'String'),
  column('ScopeName', 'String'),
  column('ScopeVersion', 'String'),
  column('ScopeAttributes', 'Map(String, String)'),
  column('LogAttributesRest', 'Map(String, String)'),
  column('EventName', 'String'),
  ...contextColumns,
  column('Charges.TaskId', 'Array(String)'),
  column('Charges.Sku', 'Array(String)'),
  column('Charges.Quantity', 'Array(Decimal(38, 12))'),
  column('Charges.Unit', 'Array(String)'),
  column('Charges.CostUsd', 'Array(Decimal(38, 12))'),
  column('PriceVersion', 'String'),
  column('IngestedAt', 'DateTime64(3)'),
]

/**
 * Tables that collectors write. Everything else is derived from them by materialized views, but for metrics, of which nothing
 * is derived (metric-tables.ts).
 */
export const collectorTables = { otel_traces: tracesColumns, otel_logs: logsColumns } as const

export type CollectorTable = keyof typeof collectorTables
