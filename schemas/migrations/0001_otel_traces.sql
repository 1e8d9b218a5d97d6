-- Spans. One of the two tables that collectors write; everything else is derived from them by views.
--
-- Names and types are those of the OpenTelemetry ClickHouse exporter, so its readers work unchanged. The context of a
-- task stands in real columns beside them: an attribute map costs 59 bytes a span, the promoted columns a few.
CREATE TABLE IF NOT EXISTS otel_traces (
  -- 9 digits because the exporter has them. Clocks of Workers tick in milliseconds: GCD takes the zeros out (1.7 bytes, not 2.9),
  -- and within a task times rise by little.
  Timestamp DateTime64(9, 'UTC') CODEC(GCD, Delta(8), ZSTD(1)),
  TraceId String CODEC(ZSTD(1)),
  SpanId String CODEC(ZSTD(1)),
  ParentSpanId String CODEC(ZSTD(1)),
  TraceState String CODEC(ZSTD(1)),
  SpanName LowCardinality(String) CODEC(ZSTD(1)),
  SpanKind LowCardinality(String) CODEC(ZSTD(1)),
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ScopeName LowCardinality(String) CODEC(ZSTD(1)),
  ScopeVersion LowCardinality(String) CODEC(ZSTD(1)),
  SpanAttributesRest Map(LowCardinality(String), String) CODEC(ZSTD(3)),
  Duration UInt64 CODEC(GCD, ZSTD(1)),
  StatusCode LowCardinality(String) CODEC(ZSTD(1)),
  StatusMessage String CODEC(ZSTD(1)),
  Events Nested (
    Timestamp DateTime64(9, 'UTC'),
    Name LowCardinality(String),
    Attributes Map(LowCardinality(String), String)
  ) CODEC(ZSTD(1)),
  Links Nested (
    TraceId String,
    SpanId String,
    TraceState String,
    Attributes Map(LowCardinality(String), String)
  ) CODEC(ZSTD(1)),
  TenantId LowCardinality(String) CODEC(ZSTD(1)),
  TeamId LowCardinality(String) CODEC(ZSTD(1)),
  UserId LowCardinality(String) CODEC(ZSTD(1)),
  SandboxId String CODEC(ZSTD(1)),
  SessionId String CODEC(ZSTD(1)),
  TaskId String CODEC(ZSTD(1)),
  TaskClass LowCardinality(String) CODEC(ZSTD(1)),
  TrustTier LowCardinality(String) CODEC(ZSTD(1)),
  AgentName LowCardinality(String) CODEC(ZSTD(1)),
  ToolName LowCardinality(String) CODEC(ZSTD(1)),
  ToolCallId String CODEC(ZSTD(1)),
  ToolParentName LowCardinality(String) CODEC(ZSTD(1)),
  ToolParentCallId String CODEC(ZSTD(1)),
  PromptId String CODEC(ZSTD(1)),
  Operation LowCardinality(String) CODEC(ZSTD(1)),
  CommandLine String CODEC(ZSTD(1)),
  IngestedAt DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  -- What readers of the exporter's schema ask for: the whole map, promoted attributes put back.
  SpanAttributes Map(LowCardinality(String), String) ALIAS mapConcat(
    mapFilter((k, v) -> v != '', CAST(map(
      'sandglass.team.id', toString(TeamId),
      'user.id', toString(UserId),
      'sandbox.id', SandboxId,
      'session.id', SessionId,
      'sandglass.task.id', TaskId,
      'sandglass.task.class', toString(TaskClass),
      'sandglass.tier', toString(TrustTier),
      'gen_ai.agent.name', toString(AgentName),
      'gen_ai.tool.name', toString(ToolName),
      'gen_ai.tool.call.id', ToolCallId,
      'sandglass.tool.parent.name', toString(ToolParentName),
      'sandglass.tool.parent.call_id', ToolParentCallId,
      'sandglass.prompt.id', PromptId,
      'sandbox.operation', toString(Operation),
      'process.command_line', CommandLine
    ), 'Map(LowCardinality(String), String)')),
    SpanAttributesRest
  ),
  -- A trace or a sandbox asked for without its task: a filter per block of 8,192 rows, under 0.1 byte a span.
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_task_id TaskId TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_sandbox_id SandboxId TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
-- A day is the unit of retention; the tier stands beside it because tiers may be kept for different times, and parts are
-- only dropped whole. Anything but A, B and C shares one partition: the tier comes from the payload.
PARTITION BY (toDate(Timestamp), if(TrustTier IN ('A', 'B', 'C'), TrustTier, ''))
-- A task lies together: it is one read, and its ids compress to almost nothing (2.5 times smaller than by service and name).
-- The primary key stops before the time itself: with it, the engine would look a time range up there, behind the task, and not in the
-- hour, and read every block of the day.
ORDER BY (TenantId, TeamId, toStartOfHour(Timestamp), TaskId, Timestamp)
PRIMARY KEY (TenantId, TeamId, toStartOfHour(Timestamp), TaskId)
TTL toDateTime(Timestamp) + INTERVAL 30 DAY
-- The window counts parts: an insert retried after 100,000 others would be stored twice. Lengths of strings in a stream of their
-- own cost 0.4 bytes for each of 30 columns, empty or not.
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

-- Where in time a trace lies: the lookup of the exporter's readers, who know a trace id and nothing else.
CREATE TABLE IF NOT EXISTS otel_traces_trace_id_ts (
  TraceId String CODEC(ZSTD(1)),
  Start DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
  End DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
  TenantId LowCardinality(String) CODEC(ZSTD(1)),
  TaskId String CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(Start)
ORDER BY (TraceId, Start)
TTL Start + INTERVAL 30 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS otel_traces_trace_id_ts_mv TO otel_traces_trace_id_ts AS
SELECT
  TraceId,
  min(Timestamp) AS Start,
  max(Timestamp) AS End,
  TenantId,
  max(otel_traces.TaskId) AS TaskId
FROM otel_traces
WHERE TraceId != ''
GROUP BY TraceId, TenantId;
