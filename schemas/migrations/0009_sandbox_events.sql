-- The life of sandboxes: states, snapshots, caches, terminals.
--
-- Every table here: monthly partitions, dropped whole when the youngest row is past retention. Sorted by hour, then task:
-- a fleet-wide question reads its hours, a question about one task adds the task's own time bounds (from tasks). The primary key
-- stops at the task, or a time range would not find the hours (see 0001).
-- Conversions never throw: a malformed number becomes 0 or NULL, so that one event cannot block a segment.

-- Starts, stops, sleeps, suspensions, resumes and failures, with their cause.
CREATE TABLE IF NOT EXISTS lifecycle_events (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  team_id LowCardinality(String) CODEC(ZSTD(1)),
  user_id LowCardinality(String) CODEC(ZSTD(1)),
  sandbox_id String CODEC(ZSTD(1)),
  session_id String CODEC(ZSTD(1)),
  task_id String CODEC(ZSTD(1)),
  task_class LowCardinality(String) CODEC(ZSTD(1)),
  trust_tier LowCardinality(String) CODEC(ZSTD(1)),
  agent_name LowCardinality(String) CODEC(ZSTD(1)),
  tool_name LowCardinality(String) CODEC(ZSTD(1)),
  tool_call_id String CODEC(ZSTD(1)),
  prompt_id String CODEC(ZSTD(1)),
  actor_type LowCardinality(String) CODEC(ZSTD(1)),
  actor_id String CODEC(ZSTD(1)),
  trace_id String CODEC(ZSTD(1)),
  span_id String CODEC(ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(GCD, Delta(8), ZSTD(1)),
  audit_epoch String CODEC(ZSTD(1)),
  audit_sequence UInt64 CODEC(Delta(8), ZSTD(1)),
  sandbox_name String CODEC(ZSTD(1)),
  generation UInt32 CODEC(ZSTD(1)),
  instance_type LowCardinality(String) CODEC(ZSTD(1)),
  state LowCardinality(String) CODEC(ZSTD(1)),
  cause LowCardinality(String) CODEC(ZSTD(1)),
  startup_s Decimal(18, 6) CODEC(ZSTD(1)),
  exit_code Nullable(Int32) CODEC(ZSTD(1)),
  error_type LowCardinality(String) CODEC(ZSTD(1)),
  reason String CODEC(ZSTD(1)),
  ticket String CODEC(ZSTD(1)),
  decision_id String CODEC(ZSTD(1)),
  snapshot_id String CODEC(ZSTD(1)),
  INDEX idx_task_id task_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_sandbox_id sandbox_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS lifecycle_events_mv TO lifecycle_events AS
WITH LogAttributesRest AS a
SELECT
  TenantId AS tenant_id,
  TeamId AS team_id,
  UserId AS user_id,
  SandboxId AS sandbox_id,
  SessionId AS session_id,
  TaskId AS task_id,
  TaskClass AS task_class,
  TrustTier AS trust_tier,
  AgentName AS agent_name,
  ToolName AS tool_name,
  ToolCallId AS tool_call_id,
  PromptId AS prompt_id,
  a['sandglass.actor.type'] AS actor_type,
  a['sandglass.actor.id'] AS actor_id,
  TraceId AS trace_id,
  SpanId AS span_id,
  Timestamp AS time,
  a['sandglass.audit.epoch'] AS audit_epoch,
  toUInt64OrZero(a['sandglass.audit.sequence']) AS audit_sequence,
  a['sandbox.name'] AS sandbox_name,
  toUInt32OrZero(a['sandbox.generation']) AS generation,
  a['sandbox.instance.type'] AS instance_type,
  a['sandbox.lifecycle.state'] AS state,
  a['sandbox.lifecycle.cause'] AS cause,
  toDecimal64OrZero(a['sandbox.startup.duration'], 6) AS startup_s,
  toInt32OrNull(a['process.exit.code']) AS exit_code,
  a['error.type'] AS error_type,
  a['sandglass.reason'] AS reason,
  a['sandglass.ticket'] AS ticket,
  a['sandglass.decision.id'] AS decision_id,
  a['sandbox.snapshot.id'] AS snapshot_id
FROM otel_logs
WHERE EventName = 'sandbox.lifecycle.changed';

-- Workspace backups and restores; a failed restore names its stage. kind: created, restored.
CREATE TABLE IF NOT EXISTS snapshots (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  team_id LowCardinality(String) CODEC(ZSTD(1)),
  user_id LowCardinality(String) CODEC(ZSTD(1)),
  sandbox_id String CODEC(ZSTD(1)),
  session_id String CODEC(ZSTD(1)),
  task_id String CODEC(ZSTD(1)),
  task_class LowCardinality(String) CODEC(ZSTD(1)),
  trust_tier LowCardinality(String) CODEC(ZSTD(1)),
  agent_name LowCardinality(String) CODEC(ZSTD(1)),
  tool_name LowCardinality(String) CODEC(ZSTD(1)),
  tool_call_id String CODEC(ZSTD(1)),
  prompt_id String CODEC(ZSTD(1)),
  actor_type LowCardinality(String) CODEC(ZSTD(1)),
  actor_id String CODEC(ZSTD(1)),
  trace_id String CODEC(ZSTD(1)),
  span_id String CODEC(ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(GCD, Delta(8), ZSTD(1)),
  audit_epoch String CODEC(ZSTD(1)),
  audit_sequence UInt64 CODEC(Delta(8), ZSTD(1)),
  kind LowCardinality(String) CODEC(ZSTD(1)),
  snapshot_id String CODEC(ZSTD(1)),
  size_bytes UInt64 CODEC(ZSTD(1)),
  duration_s Decimal(18, 6) CODEC(ZSTD(1)),
  outcome LowCardinality(String) CODEC(ZSTD(1)),
  expires_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
  resume_attempt_id String CODEC(ZSTD(1)),
  resume_stage LowCardinality(String) CODEC(ZSTD(1)),
  error_type LowCardinality(String) CODEC(ZSTD(1)),
  INDEX idx_task_id task_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_sandbox_id sandbox_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS snapshots_mv TO snapshots AS
WITH LogAttributesRest AS a
SELECT
  TenantId AS tenant_id,
  TeamId AS team_id,
  UserId AS user_id,
  SandboxId AS sandbox_id,
  SessionId AS session_id,
  TaskId AS task_id,
  TaskClass AS task_class,
  TrustTier AS trust_tier,
  AgentName AS agent_name,
  ToolName AS tool_name,
  ToolCallId AS tool_call_id,
  PromptId AS prompt_id,
  a['sandglass.actor.type'] AS actor_type,
  a['sandglass.actor.id'] AS actor_id,
  TraceId AS trace_id,
  SpanId AS span_id,
  Timestamp AS time,
  a['sandglass.audit.epoch'] AS audit_epoch,
  toUInt64OrZero(a['sandglass.audit.sequence']) AS audit_sequence,
  transform(EventName, ['sandbox.snapshot.created', 'sandbox.snapshot.restored'], ['created', 'restored'], '') AS kind,
  a['sandbox.snapshot.id'] AS snapshot_id,
  toUInt64OrZero(a['sandbox.snapshot.size']) AS size_bytes,
  toDecimal64OrZero(a['sandbox.snapshot.duration'], 6) AS duration_s,
  a['sandbox.snapshot.outcome'] AS outcome,
  if(toInt64OrZero(a['sandbox.snapshot.expires_at']) BETWEEN 1 AND 4102444800000, fromUnixTimestamp64Milli(toInt64OrZero(a['sandbox.snapshot.expires_at']), 'UTC'), NULL) AS expires_at,
  a['sandbox.resume.attempt.id'] AS resume_attempt_id,
  a['sandbox.resume.stage'] AS resume_stage,
  a['error.type'] AS error_type
FROM otel_logs
WHERE EventName IN ('sandbox.snapshot.created', 'sandbox.snapshot.restored');

-- Dependency layers restored or saved: what caching saves. kind: restored, saved.
CREATE TABLE IF NOT EXISTS cache_events (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  team_id LowCardinality(String) CODEC(ZSTD(1)),
  user_id LowCardinality(String) CODEC(ZSTD(1)),
  sandbox_id String CODEC(ZSTD(1)),
  session_id String CODEC(ZSTD(1)),
  task_id String CODEC(ZSTD(1)),
  task_class LowCardinality(String) CODEC(ZSTD(1)),
  trust_tier LowCardinality(String) CODEC(ZSTD(1)),
  agent_name LowCardinality(String) CODEC(ZSTD(1)),
  tool_name LowCardinality(String) CODEC(ZSTD(1)),
  tool_call_id String CODEC(ZSTD(1)),
  prompt_id String CODEC(ZSTD(1)),
  actor_type LowCardinality(String) CODEC(ZSTD(1)),
  actor_id String CODEC(ZSTD(1)),
  trace_id String CODEC(ZSTD(1)),
  span_id String CODEC(ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(GCD, Delta(8), ZSTD(1)),
  audit_epoch String CODEC(ZSTD(1)),
  audit_sequence UInt64 CODEC(Delta(8), ZSTD(1)),
  kind LowCardinality(String) CODEC(ZSTD(1)),
  cache_key String CODEC(ZSTD(1)),
  language LowCardinality(String) CODEC(ZSTD(1)),
  runtime_version LowCardinality(String) CODEC(ZSTD(1)),
  outcome LowCardinality(String) CODEC(ZSTD(1)),
  size_bytes UInt64 CODEC(ZSTD(1)),
  duration_s Decimal(18, 6) CODEC(ZSTD(1)),
  INDEX idx_task_id task_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_sandbox_id sandbox_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS cache_events_mv TO cache_events AS
WITH LogAttributesRest AS a
SELECT
  TenantId AS tenant_id,
  TeamId AS team_id,
  UserId AS user_id,
  SandboxId AS sandbox_id,
  SessionId AS session_id,
  TaskId AS task_id,
  TaskClass AS task_class,
  TrustTier AS trust_tier,
  AgentName AS agent_name,
  ToolName AS tool_name,
  ToolCallId AS tool_call_id,
  PromptId AS prompt_id,
  a['sandglass.actor.type'] AS actor_type,
  a['sandglass.actor.id'] AS actor_id,
  TraceId AS trace_id,
  SpanId AS span_id,
  Timestamp AS time,
  a['sandglass.audit.epoch'] AS audit_epoch,
  toUInt64OrZero(a['sandglass.audit.sequence']) AS audit_sequence,
  transform(EventName, ['sandbox.cache.restored', 'sandbox.cache.saved'], ['restored', 'saved'], '') AS kind,
  a['sandbox.cache.key'] AS cache_key,
  a['sandbox.cache.language'] AS language,
  a['sandbox.cache.runtime.version'] AS runtime_version,
  a['sandbox.cache.outcome'] AS outcome,
  toUInt64OrZero(a['sandbox.cache.size']) AS size_bytes,
  toDecimal64OrZero(a['sandbox.cache.duration'], 6) AS duration_s
FROM otel_logs
WHERE EventName IN ('sandbox.cache.restored', 'sandbox.cache.saved');

-- Terminals: granted, opened, closed, revoked (kind).
CREATE TABLE IF NOT EXISTS debug_events (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  team_id LowCardinality(String) CODEC(ZSTD(1)),
  user_id LowCardinality(String) CODEC(ZSTD(1)),
  sandbox_id String CODEC(ZSTD(1)),
  session_id String CODEC(ZSTD(1)),
  task_id String CODEC(ZSTD(1)),
  task_class LowCardinality(String) CODEC(ZSTD(1)),
  trust_tier LowCardinality(String) CODEC(ZSTD(1)),
  agent_name LowCardinality(String) CODEC(ZSTD(1)),
  tool_name LowCardinality(String) CODEC(ZSTD(1)),
  tool_call_id String CODEC(ZSTD(1)),
  prompt_id String CODEC(ZSTD(1)),
  actor_type LowCardinality(String) CODEC(ZSTD(1)),
  actor_id String CODEC(ZSTD(1)),
  trace_id String CODEC(ZSTD(1)),
  span_id String CODEC(ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(GCD, Delta(8), ZSTD(1)),
  audit_epoch String CODEC(ZSTD(1)),
  audit_sequence UInt64 CODEC(Delta(8), ZSTD(1)),
  kind LowCardinality(String) CODEC(ZSTD(1)),
  grant_id String CODEC(ZSTD(1)),
  ttl_s Decimal(18, 6) CODEC(ZSTD(1)),
  recording_ref String CODEC(ZSTD(1)),
  recording_sha256 String CODEC(ZSTD(1)),
  reason String CODEC(ZSTD(1)),
  ticket String CODEC(ZSTD(1)),
  INDEX idx_task_id task_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_sandbox_id sandbox_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS debug_events_mv TO debug_events AS
WITH LogAttributesRest AS a
SELECT
  TenantId AS tenant_id,
  TeamId AS team_id,
  UserId AS user_id,
  SandboxId AS sandbox_id,
  SessionId AS session_id,
  TaskId AS task_id,
  TaskClass AS task_class,
  TrustTier AS trust_tier,
  AgentName AS agent_name,
  ToolName AS tool_name,
  ToolCallId AS tool_call_id,
  PromptId AS prompt_id,
  a['sandglass.actor.type'] AS actor_type,
  a['sandglass.actor.id'] AS actor_id,
  TraceId AS trace_id,
  SpanId AS span_id,
  Timestamp AS time,
  a['sandglass.audit.epoch'] AS audit_epoch,
  toUInt64OrZero(a['sandglass.audit.sequence']) AS audit_sequence,
  transform(EventName, ['sandbox.debug.granted', 'sandbox.debug.opened', 'sandbox.debug.closed', 'sandbox.debug.revoked'], ['granted', 'opened', 'closed', 'revoked'], '') AS kind,
  a['sandbox.debug.grant.id'] AS grant_id,
  toDecimal64OrZero(a['sandbox.debug.ttl'], 6) AS ttl_s,
  a['sandbox.debug.recording.ref'] AS recording_ref,
  a['sandbox.debug.recording.hash'] AS recording_sha256,
  a['sandglass.reason'] AS reason,
  a['sandglass.ticket'] AS ticket
FROM otel_logs
WHERE EventName IN ('sandbox.debug.granted', 'sandbox.debug.opened', 'sandbox.debug.closed', 'sandbox.debug.revoked');

-- One row per grant and sandbox. A terminal without a grant has an empty grant_id and granted_at NULL.
CREATE OR REPLACE VIEW debug_sessions AS
SELECT
  tenant_id,
  grant_id,
  sandbox_id,
  max(d.team_id) AS team_id,
  max(d.user_id) AS user_id,
  max(d.task_id) AS task_id,
  argMinIf(d.actor_id, d.time, d.kind = 'granted') AS granted_by,
  argMinIf(d.actor_id, d.time, d.kind = 'opened') AS opened_by,
  argMinIf(d.reason, d.time, d.kind = 'granted') AS reason,
  argMinIf(d.ticket, d.time, d.ticket != '') AS ticket,
  max(d.ttl_s) AS ttl_s,
  minIf(toNullable(d.time), d.kind = 'granted') AS granted_at,
  minIf(toNullable(d.time), d.kind = 'opened') AS opened_at,
  maxIf(toNullable(d.time), d.kind = 'closed') AS closed_at,
  minIf(toNullable(d.time), d.kind = 'revoked') AS revoked_at,
  argMaxIf(d.recording_ref, d.time, d.recording_ref != '') AS recording_ref,
  argMaxIf(d.recording_sha256, d.time, d.recording_sha256 != '') AS recording_sha256
FROM debug_events AS d
GROUP BY tenant_id, grant_id, sandbox_id;
