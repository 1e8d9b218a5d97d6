-- What the enforcer decided and did, what people overrode, what leases hold.
--
-- Every table here: monthly partitions, dropped whole when the youngest row is past retention. Sorted by hour, then task:
-- a fleet-wide question reads its hours, a question about one task adds the task's own time bounds (from tasks). The primary key
-- stops at the task, or a time range would not find the hours (see 0001).
-- Conversions never throw: a malformed number becomes 0 or NULL, so that one event cannot block a segment.

-- Every decision with its inputs. spend, spend_limit and forecast are in the unit of the metric.
CREATE TABLE IF NOT EXISTS budget_decisions (
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
  decision_id String CODEC(ZSTD(1)),
  budget_id LowCardinality(String) CODEC(ZSTD(1)),
  budget_version String CODEC(ZSTD(1)),
  metric LowCardinality(String) CODEC(ZSTD(1)),
  scope String CODEC(ZSTD(1)),
  budget_window LowCardinality(String) CODEC(ZSTD(1)),
  window_start Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
  window_end Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
  spend Decimal(38, 12) CODEC(ZSTD(1)),
  spend_limit Decimal(38, 12) CODEC(ZSTD(1)),
  forecast Decimal(38, 12) CODEC(ZSTD(1)),
  mode LowCardinality(String) CODEC(ZSTD(1)),
  verdict_before LowCardinality(String) CODEC(ZSTD(1)),
  verdict LowCardinality(String) CODEC(ZSTD(1)),
  reason LowCardinality(String) CODEC(ZSTD(1)),
  watermark Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
  inputs String CODEC(ZSTD(1)),
  enforcer_id LowCardinality(String) CODEC(ZSTD(1)),
  prev_hash String CODEC(ZSTD(1)),
  hash String CODEC(ZSTD(1)),
  INDEX idx_decision_id decision_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
-- A budget and its scope are asked for by name; the newest decides.
ORDER BY (tenant_id, budget_id, scope, time)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS budget_decisions_mv TO budget_decisions AS
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
  a['sandglass.decision.id'] AS decision_id,
  a['sandglass.budget.id'] AS budget_id,
  a['sandglass.budget.version'] AS budget_version,
  a['sandglass.budget.metric'] AS metric,
  a['sandglass.budget.scope'] AS scope,
  a['sandglass.budget.window'] AS budget_window,
  if(toInt64OrZero(a['sandglass.budget.window.start']) BETWEEN 1 AND 4102444800000, fromUnixTimestamp64Milli(toInt64OrZero(a['sandglass.budget.window.start']), 'UTC'), NULL) AS window_start,
  if(toInt64OrZero(a['sandglass.budget.window.end']) BETWEEN 1 AND 4102444800000, fromUnixTimestamp64Milli(toInt64OrZero(a['sandglass.budget.window.end']), 'UTC'), NULL) AS window_end,
  toDecimal128OrZero(a['sandglass.budget.spend'], 12) AS spend,
  toDecimal128OrZero(a['sandglass.budget.limit'], 12) AS spend_limit,
  toDecimal128OrZero(a['sandglass.budget.forecast'], 12) AS forecast,
  a['sandglass.budget.mode'] AS mode,
  a['sandglass.verdict.before'] AS verdict_before,
  a['sandglass.verdict'] AS verdict,
  a['sandglass.verdict.reason'] AS reason,
  if(toInt64OrZero(a['sandglass.watermark']) BETWEEN 1 AND 4102444800000, fromUnixTimestamp64Milli(toInt64OrZero(a['sandglass.watermark']), 'UTC'), NULL) AS watermark,
  a['sandglass.decision.inputs'] AS inputs,
  a['sandglass.enforcer.id'] AS enforcer_id,
  a['sandglass.decision.prev_hash'] AS prev_hash,
  a['sandglass.decision.hash'] AS hash
FROM otel_logs
WHERE EventName = 'sandglass.budget.decided';

-- What was done about a decision; action_key makes a repeated effect one.
CREATE TABLE IF NOT EXISTS budget_actions (
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
  budget_id LowCardinality(String) CODEC(ZSTD(1)),
  decision_id String CODEC(ZSTD(1)),
  action LowCardinality(String) CODEC(ZSTD(1)),
  target String CODEC(ZSTD(1)),
  result LowCardinality(String) CODEC(ZSTD(1)),
  action_key String CODEC(ZSTD(1)),
  mode LowCardinality(String) CODEC(ZSTD(1)),
  verdict_before LowCardinality(String) CODEC(ZSTD(1)),
  verdict LowCardinality(String) CODEC(ZSTD(1)),
  verdict_reason LowCardinality(String) CODEC(ZSTD(1)),
  snapshot_id String CODEC(ZSTD(1)),
  error_type LowCardinality(String) CODEC(ZSTD(1)),
  error_message String CODEC(ZSTD(1)),
  reason String CODEC(ZSTD(1)),
  ticket String CODEC(ZSTD(1)),
  enforcer_id LowCardinality(String) CODEC(ZSTD(1)),
  INDEX idx_sandbox_id sandbox_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_decision_id decision_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS budget_actions_mv TO budget_actions AS
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
  a['sandglass.budget.id'] AS budget_id,
  a['sandglass.decision.id'] AS decision_id,
  a['sandglass.enforcement.action'] AS action,
  a['sandglass.enforcement.target'] AS target,
  a['sandglass.enforcement.result'] AS result,
  a['sandglass.enforcement.key'] AS action_key,
  a['sandglass.budget.mode'] AS mode,
  a['sandglass.verdict.before'] AS verdict_before,
  a['sandglass.verdict'] AS verdict,
  a['sandglass.verdict.reason'] AS verdict_reason,
  a['sandbox.snapshot.id'] AS snapshot_id,
  a['error.type'] AS error_type,
  a['error.message'] AS error_message,
  a['sandglass.reason'] AS reason,
  a['sandglass.ticket'] AS ticket,
  a['sandglass.enforcer.id'] AS enforcer_id
FROM otel_logs
WHERE EventName = 'sandglass.enforcement.acted';

-- Overrides of budgets and policies: granted or ended (kind). Small, so the enforcer reads it every tick.
CREATE TABLE IF NOT EXISTS budget_overrides (
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
  override_id String CODEC(ZSTD(1)),
  scope String CODEC(ZSTD(1)),
  budget_id LowCardinality(String) CODEC(ZSTD(1)),
  policy_id LowCardinality(String) CODEC(ZSTD(1)),
  decision_id String CODEC(ZSTD(1)),
  approver_id String CODEC(ZSTD(1)),
  reason String CODEC(ZSTD(1)),
  ticket String CODEC(ZSTD(1)),
  expires_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
  end_cause LowCardinality(String) CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
-- One override is one read.
ORDER BY (tenant_id, override_id, time)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS budget_overrides_mv TO budget_overrides AS
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
  transform(EventName, ['sandglass.policy.overridden', 'sandglass.policy.override.ended'], ['granted', 'ended'], '') AS kind,
  a['sandglass.override.id'] AS override_id,
  a['sandglass.override.scope'] AS scope,
  a['sandglass.budget.id'] AS budget_id,
  a['sandglass.policy.id'] AS policy_id,
  a['sandglass.decision.id'] AS decision_id,
  a['sandglass.approver.id'] AS approver_id,
  a['sandglass.reason'] AS reason,
  a['sandglass.ticket'] AS ticket,
  if(toInt64OrZero(a['sandglass.expires_at']) BETWEEN 1 AND 4102444800000, fromUnixTimestamp64Milli(toInt64OrZero(a['sandglass.expires_at']), 'UTC'), NULL) AS expires_at,
  a['sandglass.override.end.cause'] AS end_cause
FROM otel_logs
WHERE EventName IN ('sandglass.policy.overridden', 'sandglass.policy.override.ended');

-- One row per override; active while it has neither ended nor expired.
CREATE OR REPLACE VIEW overrides AS
SELECT
  tenant_id,
  override_id,
  argMaxIf(o.scope, o.time, o.scope != '') AS scope,
  max(o.budget_id) AS budget_id,
  max(o.policy_id) AS policy_id,
  max(o.team_id) AS team_id,
  max(o.task_id) AS task_id,
  max(o.sandbox_id) AS sandbox_id,
  argMinIf(o.actor_id, o.time, o.kind = 'granted') AS actor_id,
  argMinIf(o.actor_type, o.time, o.kind = 'granted') AS actor_type,
  argMinIf(o.approver_id, o.time, o.kind = 'granted') AS approver_id,
  argMinIf(o.reason, o.time, o.kind = 'granted') AS reason,
  argMinIf(o.ticket, o.time, o.kind = 'granted') AS ticket,
  minIf(toNullable(o.time), o.kind = 'granted') AS granted_at,
  minIf(o.expires_at, o.kind = 'granted') AS expires_at,
  minIf(toNullable(o.time), o.kind = 'ended') AS ended_at,
  argMinIf(o.end_cause, o.time, o.kind = 'ended') AS end_cause,
  granted_at IS NOT NULL AND ended_at IS NULL AND ifNull(expires_at > now64(3), false) AS active
FROM budget_overrides AS o
GROUP BY tenant_id, override_id;

-- Leases as an append-only ledger: granted, settled, expired (kind). Outstanding is what was granted and neither settled nor expired.
CREATE TABLE IF NOT EXISTS budget_ledger (
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
  lease_id String CODEC(ZSTD(1)),
  scope String CODEC(ZSTD(1)),
  amount_nanousd Int64 CODEC(ZSTD(1)),
  actual_nanousd Int64 CODEC(ZSTD(1)),
  expires_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
-- The balance of a scope is one read.
ORDER BY (tenant_id, scope, lease_id, time)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS budget_ledger_mv TO budget_ledger AS
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
  transform(EventName, ['sandglass.lease.granted', 'sandglass.lease.settled', 'sandglass.lease.expired'], ['granted', 'settled', 'expired'], '') AS kind,
  a['sandglass.lease.id'] AS lease_id,
  a['sandglass.lease.scope'] AS scope,
  toInt64OrZero(a['sandglass.lease.amount']) AS amount_nanousd,
  toInt64OrZero(a['sandglass.lease.actual']) AS actual_nanousd,
  if(toInt64OrZero(a['sandglass.expires_at']) BETWEEN 1 AND 4102444800000, fromUnixTimestamp64Milli(toInt64OrZero(a['sandglass.expires_at']), 'UTC'), NULL) AS expires_at
FROM otel_logs
WHERE EventName IN ('sandglass.lease.granted', 'sandglass.lease.settled', 'sandglass.lease.expired');

-- What gates admitted, delayed or refused.
CREATE TABLE IF NOT EXISTS admissions (
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
  outcome LowCardinality(String) CODEC(ZSTD(1)),
  operation LowCardinality(String) CODEC(ZSTD(1)),
  reason LowCardinality(String) CODEC(ZSTD(1)),
  retry_after_s Decimal(18, 6) CODEC(ZSTD(1)),
  queue_s Decimal(18, 6) CODEC(ZSTD(1)),
  budget_id LowCardinality(String) CODEC(ZSTD(1)),
  verdict LowCardinality(String) CODEC(ZSTD(1)),
  decision_id String CODEC(ZSTD(1)),
  INDEX idx_task_id task_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_sandbox_id sandbox_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS admissions_mv TO admissions AS
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
  a['sandglass.admission.outcome'] AS outcome,
  Operation AS operation,
  a['sandglass.reason'] AS reason,
  toDecimal64OrZero(a['sandglass.admission.retry_after'], 6) AS retry_after_s,
  toDecimal64OrZero(a['sandglass.task.queue.duration'], 6) AS queue_s,
  a['sandglass.budget.id'] AS budget_id,
  a['sandglass.verdict'] AS verdict,
  a['sandglass.decision.id'] AS decision_id
FROM otel_logs
WHERE EventName = 'sandglass.admission.decided';
