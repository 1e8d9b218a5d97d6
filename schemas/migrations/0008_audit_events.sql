-- What must be auditable on its own: files, secrets, policy, egress, configuration, changes.
--
-- Every table here: monthly partitions, dropped whole when the youngest row is past retention. Sorted by hour, then task:
-- a fleet-wide question reads its hours, a question about one task adds the task's own time bounds (from tasks). The primary key
-- stops at the task, or a time range would not find the hours (see 0001).
-- Conversions never throw: a malformed number becomes 0 or NULL, so that one event cannot block a segment.

-- One row per changed file. From a file back to its command: span_id is the command's span; to its prompt: prompt_id.
CREATE TABLE IF NOT EXISTS file_mutations (
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
  operation LowCardinality(String) CODEC(ZSTD(1)),
  path String CODEC(ZSTD(1)),
  path_before String CODEC(ZSTD(1)),
  category LowCardinality(String) CODEC(ZSTD(1)),
  size_bytes UInt64 CODEC(ZSTD(1)),
  sha256_before String CODEC(ZSTD(1)),
  sha256_after String CODEC(ZSTD(1)),
  source LowCardinality(String) CODEC(ZSTD(1)),
  attribution LowCardinality(String) CODEC(ZSTD(1)),
  scan_complete Bool,
  diff_ref String CODEC(ZSTD(1)),
  command_line String CODEC(ZSTD(1)),
  INDEX idx_task_id task_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_sandbox_id sandbox_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_path path TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS file_mutations_mv TO file_mutations AS
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
  a['sandbox.file.operation'] AS operation,
  a['file.path'] AS path,
  a['sandbox.file.path.before'] AS path_before,
  a['sandbox.file.category'] AS category,
  toUInt64OrZero(a['file.size']) AS size_bytes,
  a['sandbox.file.sha256.before'] AS sha256_before,
  a['sandbox.file.sha256.after'] AS sha256_after,
  a['sandbox.file.source'] AS source,
  a['sandbox.file.attribution'] AS attribution,
  a['sandbox.file.scan.complete'] != 'false' AS scan_complete,
  a['sandbox.file.diff.ref'] AS diff_ref,
  CommandLine AS command_line
FROM otel_logs
WHERE EventName = 'sandbox.file.mutated';

-- Names and outcomes of secrets, never a value. kind: accessed, issued, revoked.
CREATE TABLE IF NOT EXISTS secret_accesses (
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
  secret_name LowCardinality(String) CODEC(ZSTD(1)),
  outcome LowCardinality(String) CODEC(ZSTD(1)),
  channel LowCardinality(String) CODEC(ZSTD(1)),
  detection LowCardinality(String) CODEC(ZSTD(1)),
  credential_id String CODEC(ZSTD(1)),
  secret_version String CODEC(ZSTD(1)),
  expires_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
  rule LowCardinality(String) CODEC(ZSTD(1)),
  reason String CODEC(ZSTD(1)),
  ticket String CODEC(ZSTD(1)),
  command_line String CODEC(ZSTD(1)),
  INDEX idx_task_id task_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_sandbox_id sandbox_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS secret_accesses_mv TO secret_accesses AS
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
  transform(EventName, ['sandbox.secret.accessed', 'sandbox.secret.issued', 'sandbox.secret.revoked'], ['accessed', 'issued', 'revoked'], '') AS kind,
  a['sandbox.secret.name'] AS secret_name,
  a['sandbox.secret.outcome'] AS outcome,
  a['sandbox.secret.channel'] AS channel,
  a['sandbox.secret.detection'] AS detection,
  a['sandbox.secret.credential.id'] AS credential_id,
  a['sandbox.secret.version'] AS secret_version,
  if(toInt64OrZero(a['sandbox.secret.expires_at']) BETWEEN 1 AND 4102444800000, fromUnixTimestamp64Milli(toInt64OrZero(a['sandbox.secret.expires_at']), 'UTC'), NULL) AS expires_at,
  a['sandbox.secret.rule'] AS rule,
  a['sandglass.reason'] AS reason,
  a['sandglass.ticket'] AS ticket,
  CommandLine AS command_line
FROM otel_logs
WHERE EventName IN ('sandbox.secret.accessed', 'sandbox.secret.issued', 'sandbox.secret.revoked');

-- What policy said and did (verdict and action differ in observe mode), and who set it aside. kind: evaluated, overridden, override_ended, promotion.
CREATE TABLE IF NOT EXISTS policy_events (
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
  policy_id LowCardinality(String) CODEC(ZSTD(1)),
  policy_version LowCardinality(String) CODEC(ZSTD(1)),
  rule LowCardinality(String) CODEC(ZSTD(1)),
  verdict LowCardinality(String) CODEC(ZSTD(1)),
  action LowCardinality(String) CODEC(ZSTD(1)),
  subject_kind LowCardinality(String) CODEC(ZSTD(1)),
  subject String CODEC(ZSTD(1)),
  override_id String CODEC(ZSTD(1)),
  override_scope String CODEC(ZSTD(1)),
  override_end_cause LowCardinality(String) CODEC(ZSTD(1)),
  budget_id LowCardinality(String) CODEC(ZSTD(1)),
  approver_id String CODEC(ZSTD(1)),
  reason String CODEC(ZSTD(1)),
  ticket String CODEC(ZSTD(1)),
  expires_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
  promotion_decision LowCardinality(String) CODEC(ZSTD(1)),
  artifact_sha256 String CODEC(ZSTD(1)),
  command_line String CODEC(ZSTD(1)),
  INDEX idx_task_id task_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_sandbox_id sandbox_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS policy_events_mv TO policy_events AS
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
  transform(EventName, ['sandglass.policy.evaluated', 'sandglass.policy.overridden', 'sandglass.policy.override.ended', 'sandglass.promotion.decided'], ['evaluated', 'overridden', 'override_ended', 'promotion'], '') AS kind,
  a['sandglass.policy.id'] AS policy_id,
  a['sandglass.policy.version'] AS policy_version,
  a['sandglass.policy.rule'] AS rule,
  a['sandglass.policy.verdict'] AS verdict,
  a['sandglass.policy.action'] AS action,
  a['sandglass.policy.subject.kind'] AS subject_kind,
  a['sandglass.policy.subject'] AS subject,
  a['sandglass.override.id'] AS override_id,
  a['sandglass.override.scope'] AS override_scope,
  a['sandglass.override.end.cause'] AS override_end_cause,
  a['sandglass.budget.id'] AS budget_id,
  a['sandglass.approver.id'] AS approver_id,
  a['sandglass.reason'] AS reason,
  a['sandglass.ticket'] AS ticket,
  if(toInt64OrZero(a['sandglass.expires_at']) BETWEEN 1 AND 4102444800000, fromUnixTimestamp64Milli(toInt64OrZero(a['sandglass.expires_at']), 'UTC'), NULL) AS expires_at,
  a['sandglass.promotion.decision'] AS promotion_decision,
  a['sandglass.artifact.sha256'] AS artifact_sha256,
  CommandLine AS command_line
FROM otel_logs
WHERE EventName IN ('sandglass.policy.evaluated', 'sandglass.policy.overridden', 'sandglass.policy.override.ended', 'sandglass.promotion.decided');

-- Outbound requests, allowed or denied.
CREATE TABLE IF NOT EXISTS egress_requests (
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
  host String CODEC(ZSTD(1)),
  port UInt16 CODEC(ZSTD(1)),
  method LowCardinality(String) CODEC(ZSTD(1)),
  status UInt16 CODEC(ZSTD(1)),
  request_bytes UInt64 CODEC(ZSTD(1)),
  response_bytes UInt64 CODEC(ZSTD(1)),
  outcome LowCardinality(String) CODEC(ZSTD(1)),
  rule LowCardinality(String) CODEC(ZSTD(1)),
  INDEX idx_task_id task_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_sandbox_id sandbox_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS egress_requests_mv TO egress_requests AS
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
  a['server.address'] AS host,
  toUInt16OrZero(a['server.port']) AS port,
  a['http.request.method'] AS method,
  toUInt16OrZero(a['http.response.status_code']) AS status,
  toUInt64OrZero(a['http.request.body.size']) AS request_bytes,
  toUInt64OrZero(a['http.response.body.size']) AS response_bytes,
  a['sandbox.egress.outcome'] AS outcome,
  a['sandbox.egress.rule'] AS rule
FROM otel_logs
WHERE EventName = 'sandbox.egress.requested';

-- Pull and merge requests and the tasks behind them, many to many: task_ids and task_shares go together. kind: linked, merged, reverted.
CREATE TABLE IF NOT EXISTS changes (
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
  repository_url LowCardinality(String) CODEC(ZSTD(1)),
  change_id String CODEC(ZSTD(1)),
  commit_sha String CODEC(ZSTD(1)),
  task_ids Array(String) CODEC(ZSTD(1)),
  task_shares Array(Float64) CODEC(ZSTD(1)),
  INDEX idx_task_id task_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
-- A change is asked for by its name.
ORDER BY (tenant_id, repository_url, change_id, time, audit_sequence)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS changes_mv TO changes AS
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
  transform(EventName, ['sandglass.change.linked', 'sandglass.change.merged', 'sandglass.change.reverted'], ['linked', 'merged', 'reverted'], '') AS kind,
  a['vcs.repository.url.full'] AS repository_url,
  a['sandglass.change.id'] AS change_id,
  a['vcs.ref.head.revision'] AS commit_sha,
  JSONExtract(a['sandglass.change.task.ids'], 'Array(String)') AS task_ids,
  JSONExtract(a['sandglass.change.task.shares'], 'Array(Float64)') AS task_shares
FROM otel_logs
WHERE EventName IN ('sandglass.change.linked', 'sandglass.change.merged', 'sandglass.change.reverted');

-- Who changed a policy, a budget, a price book, an alert or the team registry.
CREATE TABLE IF NOT EXISTS config_changes (
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
  config_kind LowCardinality(String) CODEC(ZSTD(1)),
  hash_before String CODEC(ZSTD(1)),
  hash_after String CODEC(ZSTD(1)),
  reason String CODEC(ZSTD(1)),
  ticket String CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS config_changes_mv TO config_changes AS
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
  a['sandglass.config.kind'] AS config_kind,
  a['sandglass.config.hash.before'] AS hash_before,
  a['sandglass.config.hash.after'] AS hash_after,
  a['sandglass.reason'] AS reason,
  a['sandglass.ticket'] AS ticket
FROM otel_logs
WHERE EventName = 'sandglass.config.changed';

-- What tasks produced, by content hash.
CREATE TABLE IF NOT EXISTS artifacts (
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
  path String CODEC(ZSTD(1)),
  sha256 String CODEC(ZSTD(1)),
  provenance String CODEC(ZSTD(1)),
  INDEX idx_task_id task_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_sha256 sha256 TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS artifacts_mv TO artifacts AS
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
  a['sandglass.artifact.path'] AS path,
  a['sandglass.artifact.sha256'] AS sha256,
  a['sandglass.artifact.provenance'] AS provenance
FROM otel_logs
WHERE EventName = 'sandglass.artifact.produced';
