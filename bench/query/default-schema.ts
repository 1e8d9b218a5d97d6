/**
 * The OpenTelemetry ClickHouse exporter's own table for spans, as its documentation gives it: what bytes per span are measured
 * against. https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/exporter/clickhouseexporter
 */
import { tracesColumns } from '@sandglass/schemas/tables'

const lowCardinality = new Set(['SpanName', 'SpanKind', 'ServiceName', 'StatusCode'])
const zstd = 'CODEC(ZSTD(1))'

const columns: readonly string[] = [
  `Timestamp DateTime64(9) CODEC(Delta, ZSTD(1))`,
  ...['TraceId', 'SpanId', 'ParentSpanId', 'TraceState', 'SpanName', 'SpanKind', 'ServiceName'].map(
    (name) => `${name} ${lowCardinality.has(name) ? 'LowCardinality(String)' : 'String'} ${zstd}`,
  ),
  `ResourceAttributes Map(LowCardinality(String), String) ${zstd}`,
  `ScopeName String ${zstd}`,
  `ScopeVersion String ${zstd}`,
  `SpanAttributes Map(LowCardinality(String), String) ${zstd}`,
  `Duration UInt64 ${zstd}`,
  `StatusCode LowCardinality(String) ${zstd}`,
  `StatusMessage String ${zstd}`,
  `Events Nested (Timestamp DateTime64(9), Name LowCardinality(String), Attributes Map(LowCardinality(String), String)) ${zstd}`,
  `Links Nested (TraceId String, SpanId String, TraceState String, Attributes Map(LowCardinality(String), String)) ${zstd}`,
  `INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1`,
  ...['ResourceAttributes', 'SpanAttributes'].flatMap((map) =>
    ['Keys', 'Values'].map(
      (part) => `INDEX idx_${map}_${part} map${part}(${map}) TYPE bloom_filter(0.01) GRANULARITY 1`,
    ),
  ),
  `INDEX idx_duration Duration TYPE minmax GRANULARITY 1`,
]

export const defaultTable = 'default_schema_traces'

export const createDefaultTable = `CREATE TABLE ${defaultTable} (
  ${columns.join(',\n  ')}
)
ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
ORDER BY (ServiceName, SpanName, toDateTime(Timestamp))
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1`

const shared = tracesColumns
  .map(({ name }) => name)
  .filter(
    (name) =>
      name !== 'SpanAttributesRest' &&
      name !== 'IngestedAt' &&
      !tracesColumns.some((c) => c.name === name && c.attribute !== undefined),
  )
  .filter((name) => name !== 'TenantId')

/** Copies the spans of some days into it, with the whole attribute map. */
export const fillDefaultTable = (condition: string): string => {
  const names = [...shared, 'SpanAttributes'].map((name) => `\`${name}\``).join(', ')
  return `INSERT INTO ${defaultTable} (${names}) SELECT ${names} FROM otel_traces WHERE ${condition}`
}
