-- Events and logs. An event is a log record with an event name: outcomes, quotas and money derive from these, never from spans.
CREATE TABLE IF NOT EXISTS otel_logs (
  Timestamp DateTime64(9, 'UTC') CODEC(GCD, Delta(8), ZSTD(1)),
  TraceId String CODEC(ZSTD(1)),
  SpanId String CODEC(ZSTD(1)),
  TraceFlags UInt8 CODEC(ZSTD(1)),
  SeverityText LowCardinality(String) CODEC(ZSTD(1)),
  SeverityNumber UInt8 CODEC(ZSTD(1)),
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  Body String CODEC(ZSTD(1)),
  ResourceSchemaUrl LowCardinality(String) CODEC(ZSTD(1)),
  ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ScopeSchemaUrl LowCardinality(String) CODEC(ZSTD(1)),
  ScopeName LowCardinality(String) CODEC(ZSTD(1)),
  ScopeVersion LowCardinality(String) CODEC(ZSTD(1)),
  ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  LogAttributesRest Map(LowCardinality(String), String) CODEC(ZSTD(3)),
  EventName LowCardinality(String) CODEC(ZSTD(1)),
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
  -- What the collector made of the two events that carry money: one element per SKU and task, exact.
  Charges Nested (
    TaskId String,
    Sku LowCardinality(String),
    Quantity Decimal(38, 12),
    Unit LowCardinality(String),
    CostUsd Decimal(38, 12)
  ) CODEC(ZSTD(1)),
  PriceVersion LowCardinality(String) CODEC(ZSTD(1)),
  IngestedAt DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  -- Older exporters had it as a column, and their readers filter by it.
  TimestampTime DateTime('UTC') ALIAS toDateTime(Timestamp),
  LogAttributes Map(LowCardinality(String), String) ALIAS mapConcat(
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
    LogAttributesRest
  ),
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_task_id TaskId TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_sandbox_id SandboxId TYPE bloom_filter(0.01) GRANULARITY 1,
  -- A rare event asked for by name skips the blocks that have none.
  INDEX idx_event_name EventName TYPE set(64) GRANULARITY 1
)
ENGINE = MergeTree
-- As otel_traces, for the same reasons.
PARTITION BY (toDate(Timestamp), if(TrustTier IN ('A', 'B', 'C'), TrustTier, ''))
ORDER BY (TenantId, TeamId, toStartOfHour(Timestamp), TaskId, Timestamp)
PRIMARY KEY (TenantId, TeamId, toStartOfHour(Timestamp), TaskId)
TTL toDateTime(Timestamp) + INTERVAL 30 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';
