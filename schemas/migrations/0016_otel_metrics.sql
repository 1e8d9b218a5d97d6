-- Data points of every kind as collectors write them: one row per point, in one table, so that a request with several kinds is
-- one segment and one deduplication token. It keeps nothing: the views below put each row into the table of its kind, and there
-- the token is remembered. Metrics carry no money and no verdict: nothing of Sandglass is derived from them.
CREATE TABLE IF NOT EXISTS otel_metrics (
  -- gauge, sum, histogram, exponential_histogram or summary: which of the tables below the row belongs to.
  Kind LowCardinality(String),
  TenantId LowCardinality(String),
  ResourceAttributes Map(LowCardinality(String), String),
  ResourceSchemaUrl String,
  ScopeName String,
  ScopeVersion String,
  ScopeAttributes Map(LowCardinality(String), String),
  ScopeDroppedAttrCount UInt32,
  ScopeSchemaUrl String,
  ServiceName LowCardinality(String),
  MetricName LowCardinality(String),
  MetricDescription String,
  MetricUnit String,
  Attributes Map(LowCardinality(String), String),
  StartTimeUnix DateTime64(9, 'UTC'),
  TimeUnix DateTime64(9, 'UTC'),
  Value Float64,
  Flags UInt32,
  Count UInt64,
  Sum Float64,
  Min Float64,
  Max Float64,
  BucketCounts Array(UInt64),
  ExplicitBounds Array(Float64),
  Scale Int32,
  ZeroCount UInt64,
  PositiveOffset Int32,
  PositiveBucketCounts Array(UInt64),
  NegativeOffset Int32,
  NegativeBucketCounts Array(UInt64),
  ValueAtQuantiles Nested (
    Quantile Float64,
    Value Float64
  ),
  Exemplars Nested (
    FilteredAttributes Map(LowCardinality(String), String),
    TimeUnix DateTime64(9, 'UTC'),
    Value Float64,
    SpanId String,
    TraceId String
  ),
  AggregationTemporality Int32,
  IsMonotonic Bool
)
ENGINE = Null;

-- Gauges: the last value of something. Names and types are those of the OpenTelemetry ClickHouse exporter, with the tenant.
CREATE TABLE IF NOT EXISTS otel_metrics_gauge (
  TenantId LowCardinality(String) CODEC(ZSTD(1)),
  ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ResourceSchemaUrl String CODEC(ZSTD(1)),
  ScopeName String CODEC(ZSTD(1)),
  ScopeVersion String CODEC(ZSTD(1)),
  ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ScopeDroppedAttrCount UInt32 CODEC(ZSTD(1)),
  ScopeSchemaUrl String CODEC(ZSTD(1)),
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  MetricName LowCardinality(String) CODEC(ZSTD(1)),
  MetricDescription String CODEC(ZSTD(1)),
  MetricUnit String CODEC(ZSTD(1)),
  Attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  StartTimeUnix DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  TimeUnix DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  Value Float64 CODEC(ZSTD(1)),
  Flags UInt32 CODEC(ZSTD(1)),
  Exemplars Nested (
    FilteredAttributes Map(LowCardinality(String), String),
    TimeUnix DateTime64(9, 'UTC'),
    Value Float64,
    SpanId String,
    TraceId String
  ) CODEC(ZSTD(1))
)
ENGINE = MergeTree
-- A day is the unit of retention.
PARTITION BY toDate(TimeUnix)
-- A series lies together within its hour: a panel asks for one metric of one service over hours. The primary key stops at the
-- hour, so that a time range is looked up there. Attributes are hashed: as a map they would be compared key by key.
ORDER BY (TenantId, ServiceName, MetricName, toStartOfHour(TimeUnix), cityHash64(Attributes), TimeUnix)
PRIMARY KEY (TenantId, ServiceName, MetricName, toStartOfHour(TimeUnix))
TTL toDateTime(TimeUnix) + INTERVAL 30 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS otel_metrics_gauge_mv TO otel_metrics_gauge AS
SELECT
  TenantId,
  ResourceAttributes,
  ResourceSchemaUrl,
  ScopeName,
  ScopeVersion,
  ScopeAttributes,
  ScopeDroppedAttrCount,
  ScopeSchemaUrl,
  ServiceName,
  MetricName,
  MetricDescription,
  MetricUnit,
  Attributes,
  StartTimeUnix,
  TimeUnix,
  Value,
  Flags,
  Exemplars.FilteredAttributes,
  Exemplars.TimeUnix,
  Exemplars.Value,
  Exemplars.SpanId,
  Exemplars.TraceId
FROM otel_metrics
WHERE Kind = 'gauge';

-- Sums, monotonic or not. Names and types are those of the OpenTelemetry ClickHouse exporter, with the tenant.
CREATE TABLE IF NOT EXISTS otel_metrics_sum (
  TenantId LowCardinality(String) CODEC(ZSTD(1)),
  ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ResourceSchemaUrl String CODEC(ZSTD(1)),
  ScopeName String CODEC(ZSTD(1)),
  ScopeVersion String CODEC(ZSTD(1)),
  ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ScopeDroppedAttrCount UInt32 CODEC(ZSTD(1)),
  ScopeSchemaUrl String CODEC(ZSTD(1)),
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  MetricName LowCardinality(String) CODEC(ZSTD(1)),
  MetricDescription String CODEC(ZSTD(1)),
  MetricUnit String CODEC(ZSTD(1)),
  Attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  StartTimeUnix DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  TimeUnix DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  Value Float64 CODEC(ZSTD(1)),
  Flags UInt32 CODEC(ZSTD(1)),
  Exemplars Nested (
    FilteredAttributes Map(LowCardinality(String), String),
    TimeUnix DateTime64(9, 'UTC'),
    Value Float64,
    SpanId String,
    TraceId String
  ) CODEC(ZSTD(1)),
  AggregationTemporality Int32 CODEC(ZSTD(1)),
  -- 1 for a sum that only rises.
  IsMonotonic Bool CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(TimeUnix)
ORDER BY (TenantId, ServiceName, MetricName, toStartOfHour(TimeUnix), cityHash64(Attributes), TimeUnix)
PRIMARY KEY (TenantId, ServiceName, MetricName, toStartOfHour(TimeUnix))
TTL toDateTime(TimeUnix) + INTERVAL 30 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS otel_metrics_sum_mv TO otel_metrics_sum AS
SELECT
  TenantId,
  ResourceAttributes,
  ResourceSchemaUrl,
  ScopeName,
  ScopeVersion,
  ScopeAttributes,
  ScopeDroppedAttrCount,
  ScopeSchemaUrl,
  ServiceName,
  MetricName,
  MetricDescription,
  MetricUnit,
  Attributes,
  StartTimeUnix,
  TimeUnix,
  Value,
  Flags,
  Exemplars.FilteredAttributes,
  Exemplars.TimeUnix,
  Exemplars.Value,
  Exemplars.SpanId,
  Exemplars.TraceId,
  AggregationTemporality,
  IsMonotonic
FROM otel_metrics
WHERE Kind = 'sum';

-- Histograms with explicit bounds. Names and types are those of the OpenTelemetry ClickHouse exporter, with the tenant.
CREATE TABLE IF NOT EXISTS otel_metrics_histogram (
  TenantId LowCardinality(String) CODEC(ZSTD(1)),
  ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ResourceSchemaUrl String CODEC(ZSTD(1)),
  ScopeName String CODEC(ZSTD(1)),
  ScopeVersion String CODEC(ZSTD(1)),
  ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ScopeDroppedAttrCount UInt32 CODEC(ZSTD(1)),
  ScopeSchemaUrl String CODEC(ZSTD(1)),
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  MetricName LowCardinality(String) CODEC(ZSTD(1)),
  MetricDescription String CODEC(ZSTD(1)),
  MetricUnit String CODEC(ZSTD(1)),
  Attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  StartTimeUnix DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  TimeUnix DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  Count UInt64 CODEC(Delta(8), ZSTD(1)),
  Sum Float64 CODEC(ZSTD(1)),
  BucketCounts Array(UInt64) CODEC(ZSTD(1)),
  ExplicitBounds Array(Float64) CODEC(ZSTD(1)),
  Exemplars Nested (
    FilteredAttributes Map(LowCardinality(String), String),
    TimeUnix DateTime64(9, 'UTC'),
    Value Float64,
    SpanId String,
    TraceId String
  ) CODEC(ZSTD(1)),
  Flags UInt32 CODEC(ZSTD(1)),
  Min Float64 CODEC(ZSTD(1)),
  Max Float64 CODEC(ZSTD(1)),
  AggregationTemporality Int32 CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(TimeUnix)
ORDER BY (TenantId, ServiceName, MetricName, toStartOfHour(TimeUnix), cityHash64(Attributes), TimeUnix)
PRIMARY KEY (TenantId, ServiceName, MetricName, toStartOfHour(TimeUnix))
TTL toDateTime(TimeUnix) + INTERVAL 30 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS otel_metrics_histogram_mv TO otel_metrics_histogram AS
SELECT
  TenantId,
  ResourceAttributes,
  ResourceSchemaUrl,
  ScopeName,
  ScopeVersion,
  ScopeAttributes,
  ScopeDroppedAttrCount,
  ScopeSchemaUrl,
  ServiceName,
  MetricName,
  MetricDescription,
  MetricUnit,
  Attributes,
  StartTimeUnix,
  TimeUnix,
  Count,
  Sum,
  BucketCounts,
  ExplicitBounds,
  Exemplars.FilteredAttributes,
  Exemplars.TimeUnix,
  Exemplars.Value,
  Exemplars.SpanId,
  Exemplars.TraceId,
  Flags,
  Min,
  Max,
  AggregationTemporality
FROM otel_metrics
WHERE Kind = 'histogram';

-- Exponential histograms. Names and types are those of the OpenTelemetry ClickHouse exporter, with the tenant.
CREATE TABLE IF NOT EXISTS otel_metrics_exponential_histogram (
  TenantId LowCardinality(String) CODEC(ZSTD(1)),
  ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ResourceSchemaUrl String CODEC(ZSTD(1)),
  ScopeName String CODEC(ZSTD(1)),
  ScopeVersion String CODEC(ZSTD(1)),
  ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ScopeDroppedAttrCount UInt32 CODEC(ZSTD(1)),
  ScopeSchemaUrl String CODEC(ZSTD(1)),
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  MetricName LowCardinality(String) CODEC(ZSTD(1)),
  MetricDescription String CODEC(ZSTD(1)),
  MetricUnit String CODEC(ZSTD(1)),
  Attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  StartTimeUnix DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  TimeUnix DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  Count UInt64 CODEC(Delta(8), ZSTD(1)),
  Sum Float64 CODEC(ZSTD(1)),
  Scale Int32 CODEC(ZSTD(1)),
  ZeroCount UInt64 CODEC(ZSTD(1)),
  PositiveOffset Int32 CODEC(ZSTD(1)),
  PositiveBucketCounts Array(UInt64) CODEC(ZSTD(1)),
  NegativeOffset Int32 CODEC(ZSTD(1)),
  NegativeBucketCounts Array(UInt64) CODEC(ZSTD(1)),
  Exemplars Nested (
    FilteredAttributes Map(LowCardinality(String), String),
    TimeUnix DateTime64(9, 'UTC'),
    Value Float64,
    SpanId String,
    TraceId String
  ) CODEC(ZSTD(1)),
  Flags UInt32 CODEC(ZSTD(1)),
  Min Float64 CODEC(ZSTD(1)),
  Max Float64 CODEC(ZSTD(1)),
  AggregationTemporality Int32 CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(TimeUnix)
ORDER BY (TenantId, ServiceName, MetricName, toStartOfHour(TimeUnix), cityHash64(Attributes), TimeUnix)
PRIMARY KEY (TenantId, ServiceName, MetricName, toStartOfHour(TimeUnix))
TTL toDateTime(TimeUnix) + INTERVAL 30 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS otel_metrics_exponential_histogram_mv TO otel_metrics_exponential_histogram AS
SELECT
  TenantId,
  ResourceAttributes,
  ResourceSchemaUrl,
  ScopeName,
  ScopeVersion,
  ScopeAttributes,
  ScopeDroppedAttrCount,
  ScopeSchemaUrl,
  ServiceName,
  MetricName,
  MetricDescription,
  MetricUnit,
  Attributes,
  StartTimeUnix,
  TimeUnix,
  Count,
  Sum,
  Scale,
  ZeroCount,
  PositiveOffset,
  PositiveBucketCounts,
  NegativeOffset,
  NegativeBucketCounts,
  Exemplars.FilteredAttributes,
  Exemplars.TimeUnix,
  Exemplars.Value,
  Exemplars.SpanId,
  Exemplars.TraceId,
  Flags,
  Min,
  Max,
  AggregationTemporality
FROM otel_metrics
WHERE Kind = 'exponential_histogram';

-- Summaries: quantiles that their senders computed. Names and types are those of the OpenTelemetry ClickHouse exporter, with the tenant.
CREATE TABLE IF NOT EXISTS otel_metrics_summary (
  TenantId LowCardinality(String) CODEC(ZSTD(1)),
  ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ResourceSchemaUrl String CODEC(ZSTD(1)),
  ScopeName String CODEC(ZSTD(1)),
  ScopeVersion String CODEC(ZSTD(1)),
  ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ScopeDroppedAttrCount UInt32 CODEC(ZSTD(1)),
  ScopeSchemaUrl String CODEC(ZSTD(1)),
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  MetricName LowCardinality(String) CODEC(ZSTD(1)),
  MetricDescription String CODEC(ZSTD(1)),
  MetricUnit String CODEC(ZSTD(1)),
  Attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  StartTimeUnix DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  TimeUnix DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  Count UInt64 CODEC(Delta(8), ZSTD(1)),
  Sum Float64 CODEC(ZSTD(1)),
  ValueAtQuantiles Nested (
    Quantile Float64,
    Value Float64
  ) CODEC(ZSTD(1)),
  Flags UInt32 CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(TimeUnix)
ORDER BY (TenantId, ServiceName, MetricName, toStartOfHour(TimeUnix), cityHash64(Attributes), TimeUnix)
PRIMARY KEY (TenantId, ServiceName, MetricName, toStartOfHour(TimeUnix))
TTL toDateTime(TimeUnix) + INTERVAL 30 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS otel_metrics_summary_mv TO otel_metrics_summary AS
SELECT
  TenantId,
  ResourceAttributes,
  ResourceSchemaUrl,
  ScopeName,
  ScopeVersion,
  ScopeAttributes,
  ScopeDroppedAttrCount,
  ScopeSchemaUrl,
  ServiceName,
  MetricName,
  MetricDescription,
  MetricUnit,
  Attributes,
  StartTimeUnix,
  TimeUnix,
  Count,
  Sum,
  ValueAtQuantiles.Quantile,
  ValueAtQuantiles.Value,
  Flags
FROM otel_metrics
WHERE Kind = 'summary';
