-- Who caused what: tool calls with their parents, and prompt → command → file, readable both ways.

-- One row per tool call. The parent's name and call id are on the child, so an edge needs no join.
CREATE TABLE IF NOT EXISTS tool_edges (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  team_id LowCardinality(String) CODEC(ZSTD(1)),
  user_id LowCardinality(String) CODEC(ZSTD(1)),
  sandbox_id String CODEC(ZSTD(1)),
  session_id String CODEC(ZSTD(1)),
  task_id String CODEC(ZSTD(1)),
  task_class LowCardinality(String) CODEC(ZSTD(1)),
  trust_tier LowCardinality(String) CODEC(ZSTD(1)),
  agent_name LowCardinality(String) CODEC(ZSTD(1)),
  prompt_id String CODEC(ZSTD(1)),
  tool_name LowCardinality(String) CODEC(ZSTD(1)),
  tool_call_id String CODEC(ZSTD(1)),
  -- Empty at the root.
  parent_tool_name LowCardinality(String) CODEC(ZSTD(1)),
  parent_tool_call_id String CODEC(ZSTD(1)),
  depth UInt16 CODEC(ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(GCD, Delta(8), ZSTD(1)),
  duration_ns UInt64 CODEC(ZSTD(1)),
  is_error Bool,
  error_type LowCardinality(String) CODEC(ZSTD(1)),
  trace_id String CODEC(ZSTD(1)),
  span_id String CODEC(ZSTD(1)),
  parent_span_id String CODEC(ZSTD(1)),
  -- The chat span that asked for the call.
  asked_by_span_id String CODEC(ZSTD(1)),
  INDEX idx_task_id task_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_tool_call_id tool_call_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
-- A task's graph is one read.
ORDER BY (tenant_id, toStartOfHour(time), task_id, time)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS tool_edges_mv TO tool_edges AS
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
  PromptId AS prompt_id,
  ToolName AS tool_name,
  ToolCallId AS tool_call_id,
  ToolParentName AS parent_tool_name,
  ToolParentCallId AS parent_tool_call_id,
  toUInt16OrZero(SpanAttributesRest['sandglass.tool.depth']) AS depth,
  Timestamp AS time,
  Duration AS duration_ns,
  lower(StatusCode) IN ('error', 'status_code_error') AS is_error,
  SpanAttributesRest['error.type'] AS error_type,
  TraceId AS trace_id,
  SpanId AS span_id,
  ParentSpanId AS parent_span_id,
  Links.SpanId[1] AS asked_by_span_id
FROM otel_traces
WHERE startsWith(SpanName, 'execute_tool');

-- Edges of the tool graph per hour: the fleet-wide node graph. Fed by tool_edges.
CREATE TABLE IF NOT EXISTS tool_edges_by_hour (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  hour DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
  team_id LowCardinality(String) CODEC(ZSTD(1)),
  task_class LowCardinality(String) CODEC(ZSTD(1)),
  trust_tier LowCardinality(String) CODEC(ZSTD(1)),
  agent_name LowCardinality(String) CODEC(ZSTD(1)),
  parent_tool_name LowCardinality(String) CODEC(ZSTD(1)),
  tool_name LowCardinality(String) CODEC(ZSTD(1)),
  calls SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
  errors SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
  duration_ns SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
-- Time first: a dashboard reads its range and no more.
ORDER BY (tenant_id, hour, team_id, task_class, trust_tier, agent_name, parent_tool_name, tool_name)
TTL hour + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS tool_edges_by_hour_mv TO tool_edges_by_hour AS
SELECT
  tenant_id,
  toStartOfHour(toDateTime(time, 'UTC')) AS hour,
  team_id,
  task_class,
  trust_tier,
  agent_name,
  parent_tool_name,
  tool_name,
  count() AS calls,
  countIf(is_error) AS errors,
  sum(e.duration_ns) AS duration_ns
FROM tool_edges AS e
GROUP BY tenant_id, hour, team_id, task_class, trust_tier, agent_name, parent_tool_name, tool_name;

-- The chain of cause: prompts and commands from spans, files from events (kind). prompt_id and tool_call_id tie the three;
-- a file's span_id is the span of the command that changed it.
CREATE TABLE IF NOT EXISTS lineage (
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
  parent_span_id String CODEC(ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(GCD, Delta(8), ZSTD(1)),
  -- Of the event; 0 for spans, which are not in the chain.
  audit_sequence UInt64 CODEC(Delta(8), ZSTD(1)),
  duration_ns UInt64 CODEC(ZSTD(1)),
  -- prompt, command or file.
  kind LowCardinality(String) CODEC(ZSTD(1)),
  operation LowCardinality(String) CODEC(ZSTD(1)),
  -- prompt
  prompt_hash String CODEC(ZSTD(1)),
  prompt_source LowCardinality(String) CODEC(ZSTD(1)),
  prompt_ref String CODEC(ZSTD(1)),
  model LowCardinality(String) CODEC(ZSTD(1)),
  -- command
  command_line String CODEC(ZSTD(1)),
  working_directory LowCardinality(String) CODEC(ZSTD(1)),
  exit_code Nullable(Int32) CODEC(ZSTD(1)),
  kill_signal Nullable(Int32) CODEC(ZSTD(1)),
  cpu_s Decimal(18, 6) CODEC(ZSTD(1)),
  cpu_shared Bool,
  is_error Bool,
  error_type LowCardinality(String) CODEC(ZSTD(1)),
  -- file
  path String CODEC(ZSTD(1)),
  file_operation LowCardinality(String) CODEC(ZSTD(1)),
  file_category LowCardinality(String) CODEC(ZSTD(1)),
  file_attribution LowCardinality(String) CODEC(ZSTD(1)),
  INDEX idx_task_id task_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_sandbox_id sandbox_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_prompt_id prompt_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_path path TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
-- A task's chain is one read; from a file or a prompt alone the filters above find the blocks.
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS lineage_spans_mv TO lineage AS
WITH SpanAttributesRest AS a
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
  ParentSpanId AS parent_span_id,
  Timestamp AS time,
  0 AS audit_sequence,
  Duration AS duration_ns,
  if(CommandLine != '', 'command', 'prompt') AS kind,
  Operation AS operation,
  a['sandglass.prompt.hash'] AS prompt_hash,
  a['sandglass.prompt.source'] AS prompt_source,
  a['sandglass.prompt.ref'] AS prompt_ref,
  a['gen_ai.request.model'] AS model,
  CommandLine AS command_line,
  a['process.working_directory'] AS working_directory,
  toInt32OrNull(a['process.exit.code']) AS exit_code,
  toInt32OrNull(a['sandbox.process.signal']) AS kill_signal,
  toDecimal64OrZero(a['sandbox.cpu.time'], 6) AS cpu_s,
  a['sandbox.cpu.shared'] = 'true' AS cpu_shared,
  lower(StatusCode) IN ('error', 'status_code_error') AS is_error,
  a['error.type'] AS error_type
FROM otel_traces
WHERE CommandLine != '' OR (PromptId != '' AND startsWith(SpanName, 'chat'));

CREATE MATERIALIZED VIEW IF NOT EXISTS lineage_files_mv TO lineage AS
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
  '' AS parent_span_id,
  Timestamp AS time,
  toUInt64OrZero(a['sandglass.audit.sequence']) AS audit_sequence,
  0 AS duration_ns,
  'file' AS kind,
  Operation AS operation,
  CommandLine AS command_line,
  a['file.path'] AS path,
  a['sandbox.file.operation'] AS file_operation,
  a['sandbox.file.category'] AS file_category,
  a['sandbox.file.attribution'] AS file_attribution
FROM otel_logs
WHERE EventName = 'sandbox.file.mutated';
