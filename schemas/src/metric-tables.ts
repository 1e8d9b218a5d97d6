/**
 * Physical columns of the table that collectors write metrics to, in the order of the Native block. Its rows are data
 * points of every kind; views put each into the table of its kind, which has the columns of the OpenTelemetry ClickHouse
 * exporter. The DDL is in migrations/; a test holds both equal.
 */
import { collectorTables, type TableColumn, type WireType } from './tables.ts'

/** Kinds of metrics, as the column Kind names them. Each has the table `otel_metrics_<kind>`. */
export const metricKinds = ['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary'] as const

export type MetricKind = (typeof metricKinds)[number]

const column = (name: string, wire: WireType): TableColumn => ({ name, wire })

/** What a kind does not have stays 0 or empty. */
export const metricsColumns: readonly TableColumn[] = [
  column('Kind', 'String'),
  column('TenantId', 'String'),
  column('ResourceAttributes', 'Map(String, String)'),
  column('ResourceSchemaUrl', 'String'),
  column('ScopeName', 'String'),
  column('ScopeVersion', 'String'),
  column('ScopeAttributes', 'Map(String, String)'),
  column('ScopeDroppedAttrCount', 'UInt32'),
  column('ScopeSchemaUrl', 'String'),
  column('ServiceName', 'String'),
  column('MetricName', 'String'),
  column('MetricDescription', 'String'),
  column('MetricUnit', 'String'),
  column('Attributes', 'Map(String, String)'),
  column('StartTimeUnix', 'DateTime64(9)'),
  column('TimeUnix', 'DateTime64(9)'),
  column('Value', 'Float64'),
  column('Flags', 'UInt32'),
  column('Count', 'UInt64'),
  column('Sum', 'Float64'),
  column('Min', 'Float64'),
  column('Max', 'Float64'),
  column('BucketCounts', 'Array(UInt64)'),
  column('ExplicitBounds', 'Array(Float64)'),
  column('Scale', 'Int32'),
  column('ZeroCount', 'UInt64'),
  column('PositiveOffset', 'Int32'),
  column('PositiveBucketCounts', 'Array(UInt64)'),
  column('NegativeOffset', 'Int32'),
  column('NegativeBucketCounts', 'Array(UInt64)'),
  column('ValueAtQuantiles.Quantile', 'Array(Float64)'),
  column('ValueAtQuantiles.Value', 'Array(Float64)'),
  column('Exemplars.FilteredAttributes', 'Array(Map(String, String))'),
  column('Exemplars.TimeUnix', 'Array(DateTime64(9))'),
  column('Exemplars.Value', 'Array(Float64)'),
  column('Exemplars.SpanId', 'Array(String)'),
  column('Exemplars.TraceId', 'Array(String)'),
  column('AggregationTemporality', 'Int32'),
  column('IsMonotonic', 'Bool'),
]

/** Every table that has a log of its own in a collector. */
export const loggedTables = { ...collectorTables, otel_metrics: metricsColumns } as const

export type LoggedTable = keyof typeof loggedTables
