-- What sandboxes and models used. No money here: see charges.
CREATE TABLE IF NOT EXISTS usage_intervals (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  team_id LowCardinality(String) CODEC(ZSTD(1)),
  user_id LowCardinality(String) CODEC(ZSTD(1)),
  sandbox_id String CODEC(ZSTD(1)),
  generation UInt32 CODEC(ZSTD(1)),
  -- Sandbox, generation and sequence are the key of an interval: the same key twice is a resend through another machine.
  sequence UInt64 CODEC(Delta(8), ZSTD(1)),
  task_id String CODEC(ZSTD(1)),
  task_class LowCardinality(String) CODEC(ZSTD(1)),
  trust_tier LowCardinality(String) CODEC(ZSTD(1)),
  agent_name LowCardinality(String) CODEC(ZSTD(1)),
  instance_type LowCardinality(String) CODEC(ZSTD(1)),
  region LowCardinality(String) CODEC(ZSTD(1)),
  workload_kind LowCardinality(String) CODEC(ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(GCD, Delta(8), ZSTD(1)),
  -- Half-open: [start, end). Bounds further than a day from the event's time are not believed: then both are that time.
  interval_start DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  interval_end DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  quality LowCardinality(String) CODEC(ZSTD(1)),
  cpu_s Decimal(18, 6) CODEC(ZSTD(1)),
  memory_gib_s Decimal(18, 6) CODEC(ZSTD(1)),
  disk_gb_s Decimal(18, 6) CODEC(ZSTD(1)),
  egress_bytes UInt64 CODEC(ZSTD(1)),
  memory_peak_bytes UInt64 CODEC(ZSTD(1)),
  disk_peak_bytes UInt64 CODEC(ZSTD(1)),
  task_ids Array(String) CODEC(ZSTD(1)),
  task_cpu_s Array(Float64) CODEC(ZSTD(1)),
  -- The interval, split without overlap.
  command_s Decimal(18, 6) CODEC(ZSTD(1)),
  model_wait_s Decimal(18, 6) CODEC(ZSTD(1)),
  human_wait_s Decimal(18, 6) CODEC(ZSTD(1)),
  terminal_s Decimal(18, 6) CODEC(ZSTD(1)),
  background_s Decimal(18, 6) CODEC(ZSTD(1)),
  idle_s Decimal(18, 6) CODEC(ZSTD(1)),
  unknown_s Decimal(18, 6) CODEC(ZSTD(1)),
  audit_epoch String CODEC(ZSTD(1)),
  audit_sequence UInt64 CODEC(Delta(8), ZSTD(1)),
  INDEX idx_task_id task_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
-- A sandbox's intervals lie in order: they compress, gaps and duplicates are neighbours.
ORDER BY (tenant_id, sandbox_id, generation, sequence, time)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS usage_intervals_mv TO usage_intervals AS
WITH
  LogAttributesRest AS a,
  toInt64OrZero(a['sandbox.usage.start']) AS start_ms,
  toInt64OrZero(a['sandbox.usage.end']) AS end_ms,
  toUnixTimestamp64Milli(Timestamp) AS event_ms,
  end_ms >= start_ms AND start_ms BETWEEN event_ms - 86400000 AND event_ms + 86400000
    AND end_ms BETWEEN event_ms - 86400000 AND event_ms + 86400000 AS believed
SELECT
  TenantId AS tenant_id,
  TeamId AS team_id,
  UserId AS user_id,
  SandboxId AS sandbox_id,
  toUInt32OrZero(a['sandbox.generation']) AS generation,
  toUInt64OrZero(a['sandbox.usage.sequence']) AS sequence,
  TaskId AS task_id,
  TaskClass AS task_class,
  TrustTier AS trust_tier,
  AgentName AS agent_name,
  a['sandbox.instance.type'] AS instance_type,
  if(a['cloud.region'] != '', a['cloud.region'], ResourceAttributes['cloud.region']) AS region,
  a['sandglass.workload.kind'] AS workload_kind,
  Timestamp AS time,
  fromUnixTimestamp64Milli(if(believed, start_ms, event_ms), 'UTC') AS interval_start,
  fromUnixTimestamp64Milli(if(believed, end_ms, event_ms), 'UTC') AS interval_end,
  a['sandbox.usage.quality'] AS quality,
  toDecimal64OrZero(a['sandbox.cpu.time'], 6) AS cpu_s,
  toDecimal64OrZero(a['sandbox.memory.time'], 6) AS memory_gib_s,
  toDecimal64OrZero(a['sandbox.disk.time'], 6) AS disk_gb_s,
  toUInt64OrZero(a['sandbox.egress.size']) AS egress_bytes,
  toUInt64OrZero(a['sandbox.memory.peak']) AS memory_peak_bytes,
  toUInt64OrZero(a['sandbox.disk.peak']) AS disk_peak_bytes,
  JSONExtract(a['sandbox.usage.task.ids'], 'Array(String)') AS task_ids,
  JSONExtract(a['sandbox.usage.task.cpu_times'], 'Array(Float64)') AS task_cpu_s,
  toDecimal64OrZero(a['sandbox.usage.command.duration'], 6) AS command_s,
  toDecimal64OrZero(a['sandbox.usage.model_wait.duration'], 6) AS model_wait_s,
  toDecimal64OrZero(a['sandbox.usage.human_wait.duration'], 6) AS human_wait_s,
  toDecimal64OrZero(a['sandbox.usage.terminal.duration'], 6) AS terminal_s,
  toDecimal64OrZero(a['sandbox.usage.background.duration'], 6) AS background_s,
  toDecimal64OrZero(a['sandbox.usage.idle.duration'], 6) AS idle_s,
  toDecimal64OrZero(a['sandbox.usage.unknown.duration'], 6) AS unknown_s,
  a['sandglass.audit.epoch'] AS audit_epoch,
  toUInt64OrZero(a['sandglass.audit.sequence']) AS audit_sequence
FROM otel_logs
WHERE EventName = 'sandbox.usage.measured';

-- Usage per hour: idle share, right-sizing (peaks against the instance profile), metering quality. Fed by usage_intervals.
CREATE TABLE IF NOT EXISTS usage_by_hour (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  hour DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
  team_id LowCardinality(String) CODEC(ZSTD(1)),
  user_id LowCardinality(String) CODEC(ZSTD(1)),
  task_class LowCardinality(String) CODEC(ZSTD(1)),
  trust_tier LowCardinality(String) CODEC(ZSTD(1)),
  instance_type LowCardinality(String) CODEC(ZSTD(1)),
  quality LowCardinality(String) CODEC(ZSTD(1)),
  intervals SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
  wall_ms SimpleAggregateFunction(sum, Int64) CODEC(ZSTD(1)),
  cpu_s SimpleAggregateFunction(sum, Decimal(38, 6)) CODEC(ZSTD(1)),
  memory_gib_s SimpleAggregateFunction(sum, Decimal(38, 6)) CODEC(ZSTD(1)),
  disk_gb_s SimpleAggregateFunction(sum, Decimal(38, 6)) CODEC(ZSTD(1)),
  egress_bytes SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
  memory_peak_bytes SimpleAggregateFunction(max, UInt64) CODEC(ZSTD(1)),
  disk_peak_bytes SimpleAggregateFunction(max, UInt64) CODEC(ZSTD(1)),
  command_s SimpleAggregateFunction(sum, Decimal(38, 6)) CODEC(ZSTD(1)),
  model_wait_s SimpleAggregateFunction(sum, Decimal(38, 6)) CODEC(ZSTD(1)),
  human_wait_s SimpleAggregateFunction(sum, Decimal(38, 6)) CODEC(ZSTD(1)),
  terminal_s SimpleAggregateFunction(sum, Decimal(38, 6)) CODEC(ZSTD(1)),
  background_s SimpleAggregateFunction(sum, Decimal(38, 6)) CODEC(ZSTD(1)),
  idle_s SimpleAggregateFunction(sum, Decimal(38, 6)) CODEC(ZSTD(1)),
  unknown_s SimpleAggregateFunction(sum, Decimal(38, 6)) CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
-- Time first: a dashboard reads its range and no more.
ORDER BY (tenant_id, hour, team_id, user_id, task_class, trust_tier, instance_type, quality)
TTL hour + INTERVAL 25 MONTH
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS usage_by_hour_mv TO usage_by_hour AS
SELECT
  tenant_id,
  toStartOfHour(toDateTime(time, 'UTC')) AS hour,
  team_id,
  user_id,
  task_class,
  trust_tier,
  instance_type,
  quality,
  count() AS intervals,
  sum(dateDiff('millisecond', u.interval_start, u.interval_end)) AS wall_ms,
  sum(toDecimal128(u.cpu_s, 6)) AS cpu_s,
  sum(toDecimal128(u.memory_gib_s, 6)) AS memory_gib_s,
  sum(toDecimal128(u.disk_gb_s, 6)) AS disk_gb_s,
  sum(u.egress_bytes) AS egress_bytes,
  max(u.memory_peak_bytes) AS memory_peak_bytes,
  max(u.disk_peak_bytes) AS disk_peak_bytes,
  sum(toDecimal128(u.command_s, 6)) AS command_s,
  sum(toDecimal128(u.model_wait_s, 6)) AS model_wait_s,
  sum(toDecimal128(u.human_wait_s, 6)) AS human_wait_s,
  sum(toDecimal128(u.terminal_s, 6)) AS terminal_s,
  sum(toDecimal128(u.background_s, 6)) AS background_s,
  sum(toDecimal128(u.idle_s, 6)) AS idle_s,
  sum(toDecimal128(u.unknown_s, 6)) AS unknown_s
FROM usage_intervals AS u
GROUP BY tenant_id, hour, team_id, user_id, task_class, trust_tier, instance_type, quality;

-- One row per model answer.
CREATE TABLE IF NOT EXISTS inference_usage (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  team_id LowCardinality(String) CODEC(ZSTD(1)),
  user_id LowCardinality(String) CODEC(ZSTD(1)),
  sandbox_id String CODEC(ZSTD(1)),
  task_id String CODEC(ZSTD(1)),
  task_class LowCardinality(String) CODEC(ZSTD(1)),
  trust_tier LowCardinality(String) CODEC(ZSTD(1)),
  agent_name LowCardinality(String) CODEC(ZSTD(1)),
  tool_name LowCardinality(String) CODEC(ZSTD(1)),
  tool_call_id String CODEC(ZSTD(1)),
  prompt_id String CODEC(ZSTD(1)),
  trace_id String CODEC(ZSTD(1)),
  span_id String CODEC(ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(GCD, Delta(8), ZSTD(1)),
  provider LowCardinality(String) CODEC(ZSTD(1)),
  model LowCardinality(String) CODEC(ZSTD(1)),
  -- The idempotency key: the same answer twice is one answer.
  response_id String CODEC(ZSTD(1)),
  -- Cached input is part of input, reasoning is part of output.
  input_tokens UInt64 CODEC(ZSTD(1)),
  cached_input_tokens UInt64 CODEC(ZSTD(1)),
  output_tokens UInt64 CODEC(ZSTD(1)),
  reasoning_tokens UInt64 CODEC(ZSTD(1)),
  charge_source LowCardinality(String) CODEC(ZSTD(1)),
  audit_epoch String CODEC(ZSTD(1)),
  audit_sequence UInt64 CODEC(Delta(8), ZSTD(1)),
  INDEX idx_task_id task_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
-- By hour, then task: as the audit tables.
ORDER BY (tenant_id, toStartOfHour(time), task_id, time)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS inference_usage_mv TO inference_usage AS
WITH LogAttributesRest AS a
SELECT
  TenantId AS tenant_id,
  TeamId AS team_id,
  UserId AS user_id,
  SandboxId AS sandbox_id,
  TaskId AS task_id,
  TaskClass AS task_class,
  TrustTier AS trust_tier,
  AgentName AS agent_name,
  ToolName AS tool_name,
  ToolCallId AS tool_call_id,
  PromptId AS prompt_id,
  TraceId AS trace_id,
  SpanId AS span_id,
  Timestamp AS time,
  a['gen_ai.provider.name'] AS provider,
  a['gen_ai.request.model'] AS model,
  a['gen_ai.response.id'] AS response_id,
  toUInt64OrZero(a['gen_ai.usage.input_tokens']) AS input_tokens,
  toUInt64OrZero(a['gen_ai.usage.cache_read.input_tokens']) AS cached_input_tokens,
  toUInt64OrZero(a['gen_ai.usage.output_tokens']) AS output_tokens,
  toUInt64OrZero(a['gen_ai.usage.reasoning.output_tokens']) AS reasoning_tokens,
  a['sandglass.charge.source'] AS charge_source,
  a['sandglass.audit.epoch'] AS audit_epoch,
  toUInt64OrZero(a['sandglass.audit.sequence']) AS audit_sequence
FROM otel_logs
WHERE EventName = 'sandglass.inference.measured';
