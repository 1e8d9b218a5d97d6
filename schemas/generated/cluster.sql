CREATE DATABASE IF NOT EXISTS sandglass_local ON CLUSTER 'sandglass';

CREATE DATABASE IF NOT EXISTS sandglass ON CLUSTER 'sandglass';

-- 0001_otel_traces.sql

-- Spans. One of the two tables that collectors write; everything else is derived from them by views.
--
-- Names and types are those of the OpenTelemetry ClickHouse exporter, so its readers work unchanged. The context of a
-- task stands in real columns beside them: an attribute map costs 59 bytes a span, the promoted columns a few.
CREATE TABLE IF NOT EXISTS sandglass_local.otel_traces ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
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
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.otel_traces ON CLUSTER 'sandglass' AS sandglass_local.otel_traces
ENGINE = Distributed('sandglass', 'sandglass_local', 'otel_traces', rand());

-- Where in time a trace lies: the lookup of the exporter's readers, who know a trace id and nothing else.
CREATE TABLE IF NOT EXISTS sandglass_local.otel_traces_trace_id_ts ON CLUSTER 'sandglass' (
  TraceId String CODEC(ZSTD(1)),
  Start DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
  End DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
  TenantId LowCardinality(String) CODEC(ZSTD(1)),
  TaskId String CODEC(ZSTD(1))
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toDate(Start)
ORDER BY (TraceId, Start)
TTL Start + INTERVAL 30 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.otel_traces_trace_id_ts ON CLUSTER 'sandglass' AS sandglass_local.otel_traces_trace_id_ts
ENGINE = Distributed('sandglass', 'sandglass_local', 'otel_traces_trace_id_ts', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.otel_traces_trace_id_ts_mv ON CLUSTER 'sandglass' TO sandglass_local.otel_traces_trace_id_ts AS
SELECT
  TraceId,
  min(Timestamp) AS Start,
  max(Timestamp) AS End,
  TenantId,
  max(otel_traces.TaskId) AS TaskId
FROM sandglass_local.otel_traces
WHERE TraceId != ''
GROUP BY TraceId, TenantId;

-- 0002_otel_logs.sql

-- Events and logs. An event is a log record with an event name: outcomes, quotas and money derive from these, never from spans.
CREATE TABLE IF NOT EXISTS sandglass_local.otel_logs ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
-- As otel_traces, for the same reasons.
PARTITION BY (toDate(Timestamp), if(TrustTier IN ('A', 'B', 'C'), TrustTier, ''))
ORDER BY (TenantId, TeamId, toStartOfHour(Timestamp), TaskId, Timestamp)
PRIMARY KEY (TenantId, TeamId, toStartOfHour(Timestamp), TaskId)
TTL toDateTime(Timestamp) + INTERVAL 30 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.otel_logs ON CLUSTER 'sandglass' AS sandglass_local.otel_logs
ENGINE = Distributed('sandglass', 'sandglass_local', 'otel_logs', rand());

-- 0003_watermarks.sql

-- "Everything acknowledged before this time is queryable": one row per collector, worker and tenant, written by the
-- collector at every shipped segment and when idle. tenant_id '*' speaks for every tenant of that worker.
-- A collector that stops in good order says so with state = 'stopped', and no longer holds readers back.
CREATE TABLE IF NOT EXISTS sandglass_local.watermarks ON CLUSTER 'sandglass' (
  collector_id String,
  worker UInt32,
  tenant_id LowCardinality(String),
  watermark DateTime64(3, 'UTC'),
  state LowCardinality(String) DEFAULT 'running',
  updated_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
-- The last word of each worker wins.
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', updated_at)
ORDER BY (tenant_id, collector_id, worker)
-- A collector that died and never came back holds readers back until an operator retires it, or for a week.
TTL toDateTime(updated_at) + INTERVAL 7 DAY
SETTINGS index_granularity = 256;

CREATE TABLE IF NOT EXISTS sandglass.watermarks ON CLUSTER 'sandglass' AS sandglass_local.watermarks
ENGINE = Distributed('sandglass', 'sandglass_local', 'watermarks', rand());

-- The minimum that readers stop at, per tenant of the table. A reader of one tenant takes the minimum of its row and '*'.
CREATE OR REPLACE VIEW sandglass.ingest_watermark ON CLUSTER 'sandglass' AS
SELECT
  tenant_id,
  if(countIf(state != 'stopped') = 0, max(watermark), minIf(watermark, state != 'stopped')) AS watermark,
  min(updated_at) AS updated_at,
  countIf(state != 'stopped') AS workers
FROM (SELECT tenant_id, watermark, state, updated_at FROM sandglass.watermarks FINAL)
GROUP BY tenant_id;

-- 0004_tasks.sql

-- Tasks. task_states folds the three task events into one row per task, in any order and however often merged;
-- the view tasks reads it. Values never change within a task, so max() stands for "the one that is not empty".
CREATE TABLE IF NOT EXISTS sandglass_local.task_states ON CLUSTER 'sandglass' (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  task_id String CODEC(ZSTD(1)),
  -- Monday of the event: a task over midnight on Sunday has two rows, which the view folds.
  week Date CODEC(ZSTD(1)),
  team_id SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
  cost_center SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
  user_id SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
  actor_type SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
  task_class SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
  trust_tier SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
  agent_name SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
  agent_version SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
  sandbox_id SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
  session_id SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
  trace_id SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
  conversation_id SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
  repository_url SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
  environment SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
  priority SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
  trigger SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
  parent_task_id SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
  retry_of SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
  attempt SimpleAggregateFunction(max, UInt32) CODEC(ZSTD(1)),
  queue_s SimpleAggregateFunction(max, Decimal(18, 6)) CODEC(ZSTD(1)),
  heartbeat_ttl_s SimpleAggregateFunction(max, Decimal(18, 6)) CODEC(ZSTD(1)),
  deadline SimpleAggregateFunction(max, Nullable(DateTime64(3, 'UTC'))) CODEC(ZSTD(1)),
  started_at SimpleAggregateFunction(min, Nullable(DateTime64(9, 'UTC'))) CODEC(ZSTD(1)),
  -- Last start or heartbeat.
  alive_at SimpleAggregateFunction(max, Nullable(DateTime64(9, 'UTC'))) CODEC(ZSTD(1)),
  -- Last finish: time first, so that the maximum is the newest.
  finish SimpleAggregateFunction(max, Tuple(
    at DateTime64(9, 'UTC'), outcome String, source String, suspended_s Decimal(18, 6), error_type String, error_message String
  )) CODEC(ZSTD(1)),
  INDEX idx_sandbox_id sandbox_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
-- Weeks, so that a list of recent tasks reads two of them.
PARTITION BY week
-- One task is one read.
ORDER BY (tenant_id, task_id, week)
TTL week + INTERVAL 25 MONTH
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.task_states ON CLUSTER 'sandglass' AS sandglass_local.task_states
ENGINE = Distributed('sandglass', 'sandglass_local', 'task_states', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.task_states_mv ON CLUSTER 'sandglass' TO sandglass_local.task_states AS
WITH LogAttributesRest AS a
SELECT
  TenantId AS tenant_id,
  TaskId AS task_id,
  toMonday(Timestamp) AS week,
  max(toString(TeamId)) AS team_id,
  max(a['sandglass.cost_center']) AS cost_center,
  max(toString(UserId)) AS user_id,
  max(a['sandglass.actor.type']) AS actor_type,
  max(toString(TaskClass)) AS task_class,
  max(toString(TrustTier)) AS trust_tier,
  max(toString(AgentName)) AS agent_name,
  max(a['gen_ai.agent.version']) AS agent_version,
  max(SandboxId) AS sandbox_id,
  max(SessionId) AS session_id,
  max(TraceId) AS trace_id,
  max(a['gen_ai.conversation.id']) AS conversation_id,
  max(a['vcs.repository.url.full']) AS repository_url,
  max(ResourceAttributes['deployment.environment.name']) AS environment,
  max(a['sandglass.task.priority']) AS priority,
  max(a['sandglass.task.trigger']) AS trigger,
  max(a['sandglass.task.parent.id']) AS parent_task_id,
  max(a['sandglass.task.retry_of']) AS retry_of,
  max(toUInt32OrZero(a['sandglass.task.attempt'])) AS attempt,
  max(toDecimal64OrZero(a['sandglass.task.queue.duration'], 6)) AS queue_s,
  max(toDecimal64OrZero(a['sandglass.task.heartbeat.ttl'], 6)) AS heartbeat_ttl_s,
  max(if(toInt64OrZero(a['sandglass.task.deadline']) BETWEEN 1 AND 4102444800000, fromUnixTimestamp64Milli(toInt64OrZero(a['sandglass.task.deadline']), 'UTC'), NULL)) AS deadline,
  minIf(toNullable(Timestamp), EventName = 'sandglass.task.started') AS started_at,
  maxIf(toNullable(Timestamp), EventName != 'sandglass.task.finished') AS alive_at,
  maxIf(
    (Timestamp, a['sandglass.task.outcome'], a['sandglass.task.outcome.source'], toDecimal64OrZero(a['sandglass.task.suspended.duration'], 6), a['error.type'], a['error.message']),
    EventName = 'sandglass.task.finished'
  ) AS finish
FROM sandglass_local.otel_logs
WHERE EventName IN ('sandglass.task.started', 'sandglass.task.heartbeat', 'sandglass.task.finished') AND TaskId != ''
GROUP BY tenant_id, task_id, week;

-- One row per task. outcome is the event's, or 'lost' when no heartbeat came for its time to live (60 s unless stated) up to
-- the ingest watermark, or 'running'. A suspended task that shows life again is running. Filter by tenant_id and task_id.
CREATE OR REPLACE VIEW sandglass.tasks ON CLUSTER 'sandglass' AS
WITH (SELECT if(count() = 0, now64(9), least(min(watermark), now64(9))) FROM sandglass.ingest_watermark) AS known_until
SELECT
  tenant_id,
  task_id,
  max(s.team_id) AS team_id,
  max(s.cost_center) AS cost_center,
  max(s.user_id) AS user_id,
  max(s.actor_type) AS actor_type,
  max(s.task_class) AS task_class,
  max(s.trust_tier) AS trust_tier,
  max(s.agent_name) AS agent_name,
  max(s.agent_version) AS agent_version,
  max(s.sandbox_id) AS sandbox_id,
  max(s.session_id) AS session_id,
  max(s.trace_id) AS trace_id,
  max(s.conversation_id) AS conversation_id,
  max(s.repository_url) AS repository_url,
  max(s.environment) AS environment,
  max(s.priority) AS priority,
  max(s.trigger) AS trigger,
  max(s.parent_task_id) AS parent_task_id,
  max(s.retry_of) AS retry_of,
  max(s.attempt) AS attempt,
  max(s.queue_s) AS queue_s,
  max(s.deadline) AS deadline,
  min(s.started_at) AS started_at,
  max(s.alive_at) AS alive_at,
  max(s.finish) AS last_finish,
  if(max(s.heartbeat_ttl_s) > 0, max(s.heartbeat_ttl_s), 60) AS heartbeat_ttl_s,
  last_finish.outcome != '' AND NOT (last_finish.outcome = 'suspended' AND ifNull(alive_at > last_finish.at, false)) AS finished,
  NOT finished AND ifNull(alive_at + toIntervalMillisecond(toInt64(heartbeat_ttl_s * 1000)) < known_until, false) AS lost,
  multiIf(finished, last_finish.outcome, lost, 'lost', 'running') AS outcome,
  if(finished, last_finish.source, '') AS outcome_source,
  multiIf(finished, last_finish.at, lost, alive_at, NULL) AS finished_at,
  last_finish.suspended_s AS suspended_s,
  last_finish.error_type AS error_type,
  last_finish.error_message AS error_message,
  dateDiff('millisecond', started_at, ifNull(finished_at, known_until)) / 1000 AS duration_s
FROM sandglass.task_states AS s
GROUP BY tenant_id, task_id;

-- When each task started, in order of time: the latest tasks are read from its end, then asked for by id from tasks.
CREATE TABLE IF NOT EXISTS sandglass_local.task_starts ON CLUSTER 'sandglass' (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(GCD, Delta(8), ZSTD(1)),
  task_id String CODEC(ZSTD(1)),
  team_id LowCardinality(String) CODEC(ZSTD(1)),
  user_id LowCardinality(String) CODEC(ZSTD(1)),
  task_class LowCardinality(String) CODEC(ZSTD(1)),
  trust_tier LowCardinality(String) CODEC(ZSTD(1)),
  agent_name LowCardinality(String) CODEC(ZSTD(1))
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toMonday(time)
-- Time first: the newest are the last rows of the last part.
ORDER BY (tenant_id, time)
TTL toDateTime(time) + INTERVAL 25 MONTH
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.task_starts ON CLUSTER 'sandglass' AS sandglass_local.task_starts
ENGINE = Distributed('sandglass', 'sandglass_local', 'task_starts', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.task_starts_mv ON CLUSTER 'sandglass' TO sandglass_local.task_starts AS
SELECT
  TenantId AS tenant_id,
  Timestamp AS time,
  TaskId AS task_id,
  TeamId AS team_id,
  UserId AS user_id,
  TaskClass AS task_class,
  TrustTier AS trust_tier,
  AgentName AS agent_name
FROM sandglass_local.otel_logs
WHERE EventName = 'sandglass.task.started' AND TaskId != '';

-- The 200 tasks that started last within two days, of each tenant.
CREATE OR REPLACE VIEW sandglass.latest_tasks ON CLUSTER 'sandglass' AS
SELECT t.*
FROM sandglass.tasks AS t
WHERE (t.tenant_id, t.task_id) IN (
  SELECT tenant_id, task_id FROM sandglass.task_starts WHERE time > now64(9) - INTERVAL 2 DAY ORDER BY time DESC LIMIT 200 BY tenant_id
);

-- Starts and outcomes per hour: what overviews read. duration is a sketch with 1 % relative error that merges in any order.
CREATE TABLE IF NOT EXISTS sandglass_local.tasks_by_hour ON CLUSTER 'sandglass' (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  hour DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
  team_id LowCardinality(String) CODEC(ZSTD(1)),
  user_id LowCardinality(String) CODEC(ZSTD(1)),
  task_class LowCardinality(String) CODEC(ZSTD(1)),
  trust_tier LowCardinality(String) CODEC(ZSTD(1)),
  agent_name LowCardinality(String) CODEC(ZSTD(1)),
  -- '' on the rows that count starts.
  outcome LowCardinality(String) CODEC(ZSTD(1)),
  outcome_source LowCardinality(String) CODEC(ZSTD(1)),
  started SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
  retries SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
  finished SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1)),
  duration_s SimpleAggregateFunction(sum, Decimal(38, 6)) CODEC(ZSTD(1)),
  suspended_s SimpleAggregateFunction(sum, Decimal(38, 6)) CODEC(ZSTD(1)),
  queue_s SimpleAggregateFunction(sum, Decimal(38, 6)) CODEC(ZSTD(1)),
  duration AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.99), Float64) CODEC(ZSTD(1))
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(hour)
-- Time first: a dashboard reads its range and no more.
ORDER BY (tenant_id, hour, team_id, user_id, task_class, trust_tier, agent_name, outcome, outcome_source)
TTL hour + INTERVAL 25 MONTH
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.tasks_by_hour ON CLUSTER 'sandglass' AS sandglass_local.tasks_by_hour
ENGINE = Distributed('sandglass', 'sandglass_local', 'tasks_by_hour', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.tasks_by_hour_mv ON CLUSTER 'sandglass' TO sandglass_local.tasks_by_hour AS
WITH LogAttributesRest AS a, toDecimal128(toDecimal64OrZero(a['sandglass.task.duration'], 6), 6) AS seconds
SELECT
  TenantId AS tenant_id,
  toStartOfHour(toDateTime(Timestamp, 'UTC')) AS hour,
  TeamId AS team_id,
  UserId AS user_id,
  TaskClass AS task_class,
  TrustTier AS trust_tier,
  AgentName AS agent_name,
  a['sandglass.task.outcome'] AS outcome,
  a['sandglass.task.outcome.source'] AS outcome_source,
  countIf(EventName = 'sandglass.task.started') AS started,
  countIf(EventName = 'sandglass.task.started' AND toUInt32OrZero(a['sandglass.task.attempt']) > 1) AS retries,
  countIf(EventName = 'sandglass.task.finished') AS finished,
  sum(seconds) AS duration_s,
  sum(toDecimal128(toDecimal64OrZero(a['sandglass.task.suspended.duration'], 6), 6)) AS suspended_s,
  sum(toDecimal128(toDecimal64OrZero(a['sandglass.task.queue.duration'], 6), 6)) AS queue_s,
  quantilesDDStateIf(0.01, 0.5, 0.95, 0.99)(toFloat64(seconds), seconds > 0) AS duration
FROM sandglass_local.otel_logs
WHERE EventName IN ('sandglass.task.started', 'sandglass.task.finished')
GROUP BY tenant_id, hour, team_id, user_id, task_class, trust_tier, agent_name, outcome, outcome_source;

-- 0005_usage.sql

-- What sandboxes and models used. No money here: see charges.
CREATE TABLE IF NOT EXISTS sandglass_local.usage_intervals ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(time)
-- A sandbox's intervals lie in order: they compress, gaps and duplicates are neighbours.
ORDER BY (tenant_id, sandbox_id, generation, sequence, time)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.usage_intervals ON CLUSTER 'sandglass' AS sandglass_local.usage_intervals
ENGINE = Distributed('sandglass', 'sandglass_local', 'usage_intervals', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.usage_intervals_mv ON CLUSTER 'sandglass' TO sandglass_local.usage_intervals AS
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
FROM sandglass_local.otel_logs
WHERE EventName = 'sandbox.usage.measured';

-- Usage per hour: idle share, right-sizing (peaks against the instance profile), metering quality. Fed by usage_intervals.
CREATE TABLE IF NOT EXISTS sandglass_local.usage_by_hour ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(hour)
-- Time first: a dashboard reads its range and no more.
ORDER BY (tenant_id, hour, team_id, user_id, task_class, trust_tier, instance_type, quality)
TTL hour + INTERVAL 25 MONTH
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.usage_by_hour ON CLUSTER 'sandglass' AS sandglass_local.usage_by_hour
ENGINE = Distributed('sandglass', 'sandglass_local', 'usage_by_hour', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.usage_by_hour_mv ON CLUSTER 'sandglass' TO sandglass_local.usage_by_hour AS
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
FROM sandglass_local.usage_intervals AS u
GROUP BY tenant_id, hour, team_id, user_id, task_class, trust_tier, instance_type, quality;

-- One row per model answer.
CREATE TABLE IF NOT EXISTS sandglass_local.inference_usage ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(time)
-- By hour, then task: as the audit tables.
ORDER BY (tenant_id, toStartOfHour(time), task_id, time)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.inference_usage ON CLUSTER 'sandglass' AS sandglass_local.inference_usage
ENGINE = Distributed('sandglass', 'sandglass_local', 'inference_usage', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.inference_usage_mv ON CLUSTER 'sandglass' TO sandglass_local.inference_usage AS
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
FROM sandglass_local.otel_logs
WHERE EventName = 'sandglass.inference.measured';

-- 0006_charges.sql

-- Money. One charge per SKU, interval and task; never updated: a correction is a row of its own with kind = 'correction'.
-- cost_usd is the estimate at the price book's list prices, exact to nano-USD; it is not what the provider bills.
CREATE TABLE IF NOT EXISTS sandglass_local.charges ON CLUSTER 'sandglass' (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  team_id LowCardinality(String) CODEC(ZSTD(1)),
  cost_center LowCardinality(String) CODEC(ZSTD(1)),
  user_id LowCardinality(String) CODEC(ZSTD(1)),
  sandbox_id String CODEC(ZSTD(1)),
  instance_type LowCardinality(String) CODEC(ZSTD(1)),
  region LowCardinality(String) CODEC(ZSTD(1)),
  environment LowCardinality(String) CODEC(ZSTD(1)),
  -- Empty: nothing ran (allocation = 'idle'), or the sender named no task ('unallocated').
  task_id String CODEC(ZSTD(1)),
  task_class LowCardinality(String) CODEC(ZSTD(1)),
  trust_tier LowCardinality(String) CODEC(ZSTD(1)),
  agent_name LowCardinality(String) CODEC(ZSTD(1)),
  -- A further attempt at something that was tried before.
  is_retry Bool,
  repository_url LowCardinality(String) CODEC(ZSTD(1)),
  prompt_id String CODEC(ZSTD(1)),
  model LowCardinality(String) CODEC(ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(GCD, Delta(8), ZSTD(1)),
  -- Half-open, FOCUS words. A start further than a day from the event's time is not believed: then it is the event's time.
  charge_period_start DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  charge_period_end DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  -- usage, inference or correction.
  kind LowCardinality(String) CODEC(ZSTD(1)),
  allocation LowCardinality(String) CODEC(ZSTD(1)),
  -- Sandbox/generation/sequence of an interval, response id of an answer, charge id of what a correction corrects.
  source_key String CODEC(ZSTD(1)),
  quality LowCardinality(String) CODEC(ZSTD(1)),
  sku LowCardinality(String) CODEC(ZSTD(1)),
  unit LowCardinality(String) CODEC(ZSTD(1)),
  quantity Decimal(38, 12) CODEC(ZSTD(1)),
  cost_usd Decimal(38, 12) CODEC(ZSTD(1)),
  price_version LowCardinality(String) CODEC(ZSTD(1)),
  reason String CODEC(ZSTD(1)),
  ticket String CODEC(ZSTD(1)),
  ingested_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  -- Computed when asked for: equal for a charge that came twice.
  charge_id String ALIAS if(kind = 'correction', source_key, lower(hex(sipHash128(tenant_id, source_key, task_id, sku)))),
  INDEX idx_task_id task_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_sandbox_id sandbox_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(charge_period_start)
-- A window reads its hours; within them a sandbox's charges lie in order, and a charge that came twice lies beside itself.
ORDER BY (tenant_id, toStartOfHour(charge_period_start), sandbox_id, charge_period_start, sku, task_id)
PRIMARY KEY (tenant_id, toStartOfHour(charge_period_start), sandbox_id)
TTL toDateTime(charge_period_start) + INTERVAL 25 MONTH
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.charges ON CLUSTER 'sandglass' AS sandglass_local.charges
ENGINE = Distributed('sandglass', 'sandglass_local', 'charges', rand());

-- Class, tier, agent and prompt of an event are those of its own task; another task's charge leaves them empty rather than wrong.
CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.charges_mv ON CLUSTER 'sandglass' TO sandglass_local.charges AS
WITH
  LogAttributesRest AS a,
  EventName = 'sandbox.usage.measured' AS is_usage,
  toInt64OrZero(a['sandbox.usage.start']) AS start_ms,
  toInt64OrZero(a['sandbox.usage.end']) AS end_ms,
  toUnixTimestamp64Milli(Timestamp) AS event_ms,
  is_usage AND end_ms >= start_ms AND start_ms BETWEEN event_ms - 86400000 AND event_ms + 86400000
    AND end_ms BETWEEN event_ms - 86400000 AND event_ms + 86400000 AS believed,
  charge_task = TaskId AS own_task
SELECT
  TenantId AS tenant_id,
  TeamId AS team_id,
  a['sandglass.cost_center'] AS cost_center,
  UserId AS user_id,
  SandboxId AS sandbox_id,
  a['sandbox.instance.type'] AS instance_type,
  if(a['cloud.region'] != '', a['cloud.region'], ResourceAttributes['cloud.region']) AS region,
  ResourceAttributes['deployment.environment.name'] AS environment,
  charge_task AS task_id,
  if(own_task AND task_id != '', toString(TaskClass), '') AS task_class,
  if(own_task OR task_id = '', toString(TrustTier), '') AS trust_tier,
  if(own_task AND task_id != '', toString(AgentName), '') AS agent_name,
  own_task AND toUInt32OrZero(a['sandglass.task.attempt']) > 1 AS is_retry,
  a['vcs.repository.url.full'] AS repository_url,
  if(own_task, PromptId, '') AS prompt_id,
  a['gen_ai.request.model'] AS model,
  Timestamp AS time,
  fromUnixTimestamp64Milli(if(believed, start_ms, event_ms), 'UTC') AS charge_period_start,
  fromUnixTimestamp64Milli(if(believed, end_ms, event_ms), 'UTC') AS charge_period_end,
  if(is_usage, 'usage', 'inference') AS kind,
  multiIf(task_id != '', 'task', is_usage, 'idle', 'unallocated') AS allocation,
  multiIf(
    is_usage, concat(SandboxId, '/', a['sandbox.generation'], '/', a['sandbox.usage.sequence']),
    a['gen_ai.response.id'] != '', a['gen_ai.response.id'],
    concat(TraceId, '/', SpanId)
  ) AS source_key,
  a['sandbox.usage.quality'] AS quality,
  charge_sku AS sku,
  charge_unit AS unit,
  charge_quantity AS quantity,
  charge_cost_usd AS cost_usd,
  PriceVersion AS price_version,
  '' AS reason,
  '' AS ticket,
  IngestedAt AS ingested_at
FROM sandglass_local.otel_logs
ARRAY JOIN
  Charges.TaskId AS charge_task,
  Charges.Sku AS charge_sku,
  Charges.Unit AS charge_unit,
  Charges.Quantity AS charge_quantity,
  Charges.CostUsd AS charge_cost_usd
WHERE EventName IN ('sandbox.usage.measured', 'sandglass.inference.measured');

-- A correction carries the period and context of what it corrects, so that every cut of spend moves with it.
CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.charge_corrections_mv ON CLUSTER 'sandglass' TO sandglass_local.charges AS
WITH
  LogAttributesRest AS a,
  toInt64OrZero(a['sandbox.usage.start']) AS start_ms,
  toInt64OrZero(a['sandbox.usage.end']) AS end_ms,
  toUnixTimestamp64Milli(Timestamp) AS event_ms,
  -- Corrections may look back over the retention of spend, never ahead.
  start_ms BETWEEN event_ms - 68000000000 AND event_ms AND end_ms BETWEEN start_ms AND event_ms AS believed
SELECT
  TenantId AS tenant_id,
  TeamId AS team_id,
  a['sandglass.cost_center'] AS cost_center,
  UserId AS user_id,
  SandboxId AS sandbox_id,
  a['sandbox.instance.type'] AS instance_type,
  if(a['cloud.region'] != '', a['cloud.region'], ResourceAttributes['cloud.region']) AS region,
  ResourceAttributes['deployment.environment.name'] AS environment,
  TaskId AS task_id,
  TaskClass AS task_class,
  TrustTier AS trust_tier,
  AgentName AS agent_name,
  toUInt32OrZero(a['sandglass.task.attempt']) > 1 AS is_retry,
  a['vcs.repository.url.full'] AS repository_url,
  PromptId AS prompt_id,
  a['gen_ai.request.model'] AS model,
  Timestamp AS time,
  fromUnixTimestamp64Milli(if(believed, start_ms, event_ms), 'UTC') AS charge_period_start,
  fromUnixTimestamp64Milli(if(believed, end_ms, event_ms), 'UTC') AS charge_period_end,
  'correction' AS kind,
  multiIf(TaskId != '', 'task', a['gen_ai.request.model'] = '', 'idle', 'unallocated') AS allocation,
  a['sandglass.charge.id'] AS source_key,
  '' AS quality,
  a['sandglass.charge.sku'] AS sku,
  a['sandglass.charge.unit'] AS unit,
  toDecimal128OrZero(a['sandglass.charge.quantity.difference'], 12) AS quantity,
  toDecimal128OrZero(a['sandglass.charge.difference'], 12) AS cost_usd,
  a['sandglass.charge.price_version.after'] AS price_version,
  a['sandglass.reason'] AS reason,
  a['sandglass.ticket'] AS ticket,
  IngestedAt AS ingested_at
FROM sandglass_local.otel_logs
WHERE EventName = 'sandglass.charge.corrected';

-- What came more than once: the same charge id, not counting corrections. Each row is money to correct.
CREATE OR REPLACE VIEW sandglass.duplicate_charges ON CLUSTER 'sandglass' AS
SELECT
  tenant_id,
  sandbox_id,
  source_key,
  task_id,
  sku,
  lower(hex(sipHash128(tenant_id, source_key, task_id, sku))) AS charge_id,
  any(c.team_id) AS team_id,
  min(c.charge_period_start) AS charge_period_start,
  count() AS copies,
  sum(c.quantity) - min(c.quantity) AS excess_quantity,
  sum(c.cost_usd) - min(c.cost_usd) AS excess_cost_usd
FROM sandglass.charges AS c
WHERE kind != 'correction'
GROUP BY tenant_id, sandbox_id, source_key, task_id, sku
HAVING copies > 1;

-- 0007_spend.sql

-- Spend rollups, fed by charges in the same insert: every cut sums to the same nano-USD. All three times carry the same
-- dimensions, so a budget's scope is a WHERE and its window picks the coarsest table that fits.

-- Burn rates and the edges of rolling windows: kept for 62 days.
CREATE TABLE IF NOT EXISTS sandglass_local.spend_by_minute ON CLUSTER 'sandglass' (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  minute DateTime('UTC') CODEC(ZSTD(1)),
  team_id LowCardinality(String) CODEC(ZSTD(1)),
  cost_center LowCardinality(String) CODEC(ZSTD(1)),
  user_id LowCardinality(String) CODEC(ZSTD(1)),
  agent_name LowCardinality(String) CODEC(ZSTD(1)),
  model LowCardinality(String) CODEC(ZSTD(1)),
  repository_url LowCardinality(String) CODEC(ZSTD(1)),
  environment LowCardinality(String) CODEC(ZSTD(1)),
  task_class LowCardinality(String) CODEC(ZSTD(1)),
  trust_tier LowCardinality(String) CODEC(ZSTD(1)),
  allocation LowCardinality(String) CODEC(ZSTD(1)),
  is_retry Bool,
  sku LowCardinality(String) CODEC(ZSTD(1)),
  unit LowCardinality(String) CODEC(ZSTD(1)),
  quantity SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(ZSTD(1)),
  cost_usd SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(ZSTD(1)),
  charges SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1))
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toMonday(minute)
-- Time first: a window reads its minutes and no more.
ORDER BY (tenant_id, minute, team_id, cost_center, user_id, agent_name, model, repository_url, environment, task_class, trust_tier, allocation, is_retry, sku, unit)
TTL minute + INTERVAL 62 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.spend_by_minute ON CLUSTER 'sandglass' AS sandglass_local.spend_by_minute
ENGINE = Distributed('sandglass', 'sandglass_local', 'spend_by_minute', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.spend_by_minute_mv ON CLUSTER 'sandglass' TO sandglass_local.spend_by_minute AS
SELECT
  tenant_id,
  toStartOfMinute(toDateTime(charge_period_start, 'UTC')) AS minute,
  team_id,
  cost_center,
  user_id,
  agent_name,
  model,
  repository_url,
  environment,
  task_class,
  trust_tier,
  allocation,
  is_retry,
  sku,
  unit,
  sum(c.quantity) AS quantity,
  sum(c.cost_usd) AS cost_usd,
  count() AS charges
FROM sandglass_local.charges AS c
GROUP BY tenant_id, minute, team_id, cost_center, user_id, agent_name, model, repository_url, environment, task_class, trust_tier, allocation, is_retry, sku, unit;

-- Calendar windows in any time zone with whole hours, and dashboards up to a month.
CREATE TABLE IF NOT EXISTS sandglass_local.spend_by_hour ON CLUSTER 'sandglass' (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  hour DateTime('UTC') CODEC(ZSTD(1)),
  team_id LowCardinality(String) CODEC(ZSTD(1)),
  cost_center LowCardinality(String) CODEC(ZSTD(1)),
  user_id LowCardinality(String) CODEC(ZSTD(1)),
  agent_name LowCardinality(String) CODEC(ZSTD(1)),
  model LowCardinality(String) CODEC(ZSTD(1)),
  repository_url LowCardinality(String) CODEC(ZSTD(1)),
  environment LowCardinality(String) CODEC(ZSTD(1)),
  task_class LowCardinality(String) CODEC(ZSTD(1)),
  trust_tier LowCardinality(String) CODEC(ZSTD(1)),
  allocation LowCardinality(String) CODEC(ZSTD(1)),
  is_retry Bool,
  sku LowCardinality(String) CODEC(ZSTD(1)),
  unit LowCardinality(String) CODEC(ZSTD(1)),
  quantity SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(ZSTD(1)),
  cost_usd SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(ZSTD(1)),
  charges SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1))
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(hour)
-- Time first: a dashboard reads its range and no more.
ORDER BY (tenant_id, hour, team_id, cost_center, user_id, agent_name, model, repository_url, environment, task_class, trust_tier, allocation, is_retry, sku, unit)
TTL hour + INTERVAL 25 MONTH
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.spend_by_hour ON CLUSTER 'sandglass' AS sandglass_local.spend_by_hour
ENGINE = Distributed('sandglass', 'sandglass_local', 'spend_by_hour', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.spend_by_hour_mv ON CLUSTER 'sandglass' TO sandglass_local.spend_by_hour AS
SELECT
  tenant_id,
  toStartOfHour(toDateTime(charge_period_start, 'UTC')) AS hour,
  team_id,
  cost_center,
  user_id,
  agent_name,
  model,
  repository_url,
  environment,
  task_class,
  trust_tier,
  allocation,
  is_retry,
  sku,
  unit,
  sum(c.quantity) AS quantity,
  sum(c.cost_usd) AS cost_usd,
  count() AS charges
FROM sandglass_local.charges AS c
GROUP BY tenant_id, hour, team_id, cost_center, user_id, agent_name, model, repository_url, environment, task_class, trust_tier, allocation, is_retry, sku, unit;

-- UTC days: long ranges.
CREATE TABLE IF NOT EXISTS sandglass_local.spend_by_day ON CLUSTER 'sandglass' (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  day Date CODEC(ZSTD(1)),
  team_id LowCardinality(String) CODEC(ZSTD(1)),
  cost_center LowCardinality(String) CODEC(ZSTD(1)),
  user_id LowCardinality(String) CODEC(ZSTD(1)),
  agent_name LowCardinality(String) CODEC(ZSTD(1)),
  model LowCardinality(String) CODEC(ZSTD(1)),
  repository_url LowCardinality(String) CODEC(ZSTD(1)),
  environment LowCardinality(String) CODEC(ZSTD(1)),
  task_class LowCardinality(String) CODEC(ZSTD(1)),
  trust_tier LowCardinality(String) CODEC(ZSTD(1)),
  allocation LowCardinality(String) CODEC(ZSTD(1)),
  is_retry Bool,
  sku LowCardinality(String) CODEC(ZSTD(1)),
  unit LowCardinality(String) CODEC(ZSTD(1)),
  quantity SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(ZSTD(1)),
  cost_usd SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(ZSTD(1)),
  charges SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1))
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYear(day)
-- Time first: a dashboard reads its range and no more.
ORDER BY (tenant_id, day, team_id, cost_center, user_id, agent_name, model, repository_url, environment, task_class, trust_tier, allocation, is_retry, sku, unit)
TTL day + INTERVAL 25 MONTH
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.spend_by_day ON CLUSTER 'sandglass' AS sandglass_local.spend_by_day
ENGINE = Distributed('sandglass', 'sandglass_local', 'spend_by_day', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.spend_by_day_mv ON CLUSTER 'sandglass' TO sandglass_local.spend_by_day AS
SELECT
  tenant_id,
  toDate(charge_period_start, 'UTC') AS day,
  team_id,
  cost_center,
  user_id,
  agent_name,
  model,
  repository_url,
  environment,
  task_class,
  trust_tier,
  allocation,
  is_retry,
  sku,
  unit,
  sum(c.quantity) AS quantity,
  sum(c.cost_usd) AS cost_usd,
  count() AS charges
FROM sandglass_local.charges AS c
GROUP BY tenant_id, day, team_id, cost_center, user_id, agent_name, model, repository_url, environment, task_class, trust_tier, allocation, is_retry, sku, unit;

-- What tasks cost; the empty task is idle and unallocated spend. Sum over weeks.
CREATE TABLE IF NOT EXISTS sandglass_local.spend_by_task ON CLUSTER 'sandglass' (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  week Date CODEC(ZSTD(1)),
  task_id String CODEC(ZSTD(1)),
  sku LowCardinality(String) CODEC(ZSTD(1)),
  unit LowCardinality(String) CODEC(ZSTD(1)),
  quantity SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(ZSTD(1)),
  cost_usd SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(ZSTD(1)),
  charges SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1))
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY week
-- One task is one read.
ORDER BY (tenant_id, task_id, week, sku, unit)
TTL week + INTERVAL 25 MONTH
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.spend_by_task ON CLUSTER 'sandglass' AS sandglass_local.spend_by_task
ENGINE = Distributed('sandglass', 'sandglass_local', 'spend_by_task', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.spend_by_task_mv ON CLUSTER 'sandglass' TO sandglass_local.spend_by_task AS
SELECT
  tenant_id,
  toMonday(charge_period_start) AS week,
  task_id,
  sku,
  unit,
  sum(c.quantity) AS quantity,
  sum(c.cost_usd) AS cost_usd,
  count() AS charges
FROM sandglass_local.charges AS c
GROUP BY tenant_id, week, task_id, sku, unit;

-- Per sandbox and hour: the FOCUS export, reconciliation with the provider, budgets on one sandbox.
CREATE TABLE IF NOT EXISTS sandglass_local.spend_by_sandbox ON CLUSTER 'sandglass' (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  hour DateTime('UTC') CODEC(ZSTD(1)),
  sandbox_id String CODEC(ZSTD(1)),
  team_id LowCardinality(String) CODEC(ZSTD(1)),
  cost_center LowCardinality(String) CODEC(ZSTD(1)),
  user_id LowCardinality(String) CODEC(ZSTD(1)),
  instance_type LowCardinality(String) CODEC(ZSTD(1)),
  region LowCardinality(String) CODEC(ZSTD(1)),
  environment LowCardinality(String) CODEC(ZSTD(1)),
  model LowCardinality(String) CODEC(ZSTD(1)),
  sku LowCardinality(String) CODEC(ZSTD(1)),
  unit LowCardinality(String) CODEC(ZSTD(1)),
  quantity SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(ZSTD(1)),
  cost_usd SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(ZSTD(1)),
  charges SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1))
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(hour)
-- Time first: exports and reconciliations go by day.
ORDER BY (tenant_id, hour, sandbox_id, team_id, cost_center, user_id, instance_type, region, environment, model, sku, unit)
TTL hour + INTERVAL 25 MONTH
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.spend_by_sandbox ON CLUSTER 'sandglass' AS sandglass_local.spend_by_sandbox
ENGINE = Distributed('sandglass', 'sandglass_local', 'spend_by_sandbox', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.spend_by_sandbox_mv ON CLUSTER 'sandglass' TO sandglass_local.spend_by_sandbox AS
SELECT
  tenant_id,
  toStartOfHour(toDateTime(charge_period_start, 'UTC')) AS hour,
  sandbox_id,
  team_id,
  cost_center,
  user_id,
  instance_type,
  region,
  environment,
  model,
  sku,
  unit,
  sum(c.quantity) AS quantity,
  sum(c.cost_usd) AS cost_usd,
  count() AS charges
FROM sandglass_local.charges AS c
GROUP BY tenant_id, hour, sandbox_id, team_id, cost_center, user_id, instance_type, region, environment, model, sku, unit;

-- 0008_audit_events.sql

-- What must be auditable on its own: files, secrets, policy, egress, configuration, changes.
--
-- Every table here: monthly partitions, dropped whole when the youngest row is past retention. Sorted by hour, then task:
-- a fleet-wide question reads its hours, a question about one task adds the task's own time bounds (from tasks). The primary key
-- stops at the task, or a time range would not find the hours (see 0001).
-- Conversions never throw: a malformed number becomes 0 or NULL, so that one event cannot block a segment.

-- One row per changed file. From a file back to its command: span_id is the command's span; to its prompt: prompt_id.
CREATE TABLE IF NOT EXISTS sandglass_local.file_mutations ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.file_mutations ON CLUSTER 'sandglass' AS sandglass_local.file_mutations
ENGINE = Distributed('sandglass', 'sandglass_local', 'file_mutations', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.file_mutations_mv ON CLUSTER 'sandglass' TO sandglass_local.file_mutations AS
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
FROM sandglass_local.otel_logs
WHERE EventName = 'sandbox.file.mutated';

-- Names and outcomes of secrets, never a value. kind: accessed, issued, revoked.
CREATE TABLE IF NOT EXISTS sandglass_local.secret_accesses ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.secret_accesses ON CLUSTER 'sandglass' AS sandglass_local.secret_accesses
ENGINE = Distributed('sandglass', 'sandglass_local', 'secret_accesses', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.secret_accesses_mv ON CLUSTER 'sandglass' TO sandglass_local.secret_accesses AS
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
FROM sandglass_local.otel_logs
WHERE EventName IN ('sandbox.secret.accessed', 'sandbox.secret.issued', 'sandbox.secret.revoked');

-- What policy said and did (verdict and action differ in observe mode), and who set it aside. kind: evaluated, overridden, override_ended, promotion.
CREATE TABLE IF NOT EXISTS sandglass_local.policy_events ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.policy_events ON CLUSTER 'sandglass' AS sandglass_local.policy_events
ENGINE = Distributed('sandglass', 'sandglass_local', 'policy_events', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.policy_events_mv ON CLUSTER 'sandglass' TO sandglass_local.policy_events AS
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
FROM sandglass_local.otel_logs
WHERE EventName IN ('sandglass.policy.evaluated', 'sandglass.policy.overridden', 'sandglass.policy.override.ended', 'sandglass.promotion.decided');

-- Outbound requests, allowed or denied.
CREATE TABLE IF NOT EXISTS sandglass_local.egress_requests ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.egress_requests ON CLUSTER 'sandglass' AS sandglass_local.egress_requests
ENGINE = Distributed('sandglass', 'sandglass_local', 'egress_requests', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.egress_requests_mv ON CLUSTER 'sandglass' TO sandglass_local.egress_requests AS
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
FROM sandglass_local.otel_logs
WHERE EventName = 'sandbox.egress.requested';

-- Pull and merge requests and the tasks behind them, many to many: task_ids and task_shares go together. kind: linked, merged, reverted.
CREATE TABLE IF NOT EXISTS sandglass_local.changes ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(time)
-- A change is asked for by its name.
ORDER BY (tenant_id, repository_url, change_id, time, audit_sequence)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.changes ON CLUSTER 'sandglass' AS sandglass_local.changes
ENGINE = Distributed('sandglass', 'sandglass_local', 'changes', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.changes_mv ON CLUSTER 'sandglass' TO sandglass_local.changes AS
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
FROM sandglass_local.otel_logs
WHERE EventName IN ('sandglass.change.linked', 'sandglass.change.merged', 'sandglass.change.reverted');

-- Who changed a policy, a budget, a price book, an alert or the team registry.
CREATE TABLE IF NOT EXISTS sandglass_local.config_changes ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.config_changes ON CLUSTER 'sandglass' AS sandglass_local.config_changes
ENGINE = Distributed('sandglass', 'sandglass_local', 'config_changes', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.config_changes_mv ON CLUSTER 'sandglass' TO sandglass_local.config_changes AS
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
FROM sandglass_local.otel_logs
WHERE EventName = 'sandglass.config.changed';

-- What tasks produced, by content hash.
CREATE TABLE IF NOT EXISTS sandglass_local.artifacts ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.artifacts ON CLUSTER 'sandglass' AS sandglass_local.artifacts
ENGINE = Distributed('sandglass', 'sandglass_local', 'artifacts', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.artifacts_mv ON CLUSTER 'sandglass' TO sandglass_local.artifacts AS
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
FROM sandglass_local.otel_logs
WHERE EventName = 'sandglass.artifact.produced';

-- 0009_sandbox_events.sql

-- The life of sandboxes: states, snapshots, caches, terminals.
--
-- Every table here: monthly partitions, dropped whole when the youngest row is past retention. Sorted by hour, then task:
-- a fleet-wide question reads its hours, a question about one task adds the task's own time bounds (from tasks). The primary key
-- stops at the task, or a time range would not find the hours (see 0001).
-- Conversions never throw: a malformed number becomes 0 or NULL, so that one event cannot block a segment.

-- Starts, stops, sleeps, suspensions, resumes and failures, with their cause.
CREATE TABLE IF NOT EXISTS sandglass_local.lifecycle_events ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.lifecycle_events ON CLUSTER 'sandglass' AS sandglass_local.lifecycle_events
ENGINE = Distributed('sandglass', 'sandglass_local', 'lifecycle_events', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.lifecycle_events_mv ON CLUSTER 'sandglass' TO sandglass_local.lifecycle_events AS
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
FROM sandglass_local.otel_logs
WHERE EventName = 'sandbox.lifecycle.changed';

-- Workspace backups and restores; a failed restore names its stage. kind: created, restored.
CREATE TABLE IF NOT EXISTS sandglass_local.snapshots ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.snapshots ON CLUSTER 'sandglass' AS sandglass_local.snapshots
ENGINE = Distributed('sandglass', 'sandglass_local', 'snapshots', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.snapshots_mv ON CLUSTER 'sandglass' TO sandglass_local.snapshots AS
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
FROM sandglass_local.otel_logs
WHERE EventName IN ('sandbox.snapshot.created', 'sandbox.snapshot.restored');

-- Dependency layers restored or saved: what caching saves. kind: restored, saved.
CREATE TABLE IF NOT EXISTS sandglass_local.cache_events ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.cache_events ON CLUSTER 'sandglass' AS sandglass_local.cache_events
ENGINE = Distributed('sandglass', 'sandglass_local', 'cache_events', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.cache_events_mv ON CLUSTER 'sandglass' TO sandglass_local.cache_events AS
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
FROM sandglass_local.otel_logs
WHERE EventName IN ('sandbox.cache.restored', 'sandbox.cache.saved');

-- Terminals: granted, opened, closed, revoked (kind).
CREATE TABLE IF NOT EXISTS sandglass_local.debug_events ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.debug_events ON CLUSTER 'sandglass' AS sandglass_local.debug_events
ENGINE = Distributed('sandglass', 'sandglass_local', 'debug_events', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.debug_events_mv ON CLUSTER 'sandglass' TO sandglass_local.debug_events AS
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
FROM sandglass_local.otel_logs
WHERE EventName IN ('sandbox.debug.granted', 'sandbox.debug.opened', 'sandbox.debug.closed', 'sandbox.debug.revoked');

-- One row per grant and sandbox. A terminal without a grant has an empty grant_id and granted_at NULL.
CREATE OR REPLACE VIEW sandglass.debug_sessions ON CLUSTER 'sandglass' AS
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
FROM sandglass.debug_events AS d
GROUP BY tenant_id, grant_id, sandbox_id;

-- 0010_lineage.sql

-- Who caused what: tool calls with their parents, and prompt → command → file, readable both ways.

-- One row per tool call. The parent's name and call id are on the child, so an edge needs no join.
CREATE TABLE IF NOT EXISTS sandglass_local.tool_edges ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(time)
-- A task's graph is one read.
ORDER BY (tenant_id, toStartOfHour(time), task_id, time)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.tool_edges ON CLUSTER 'sandglass' AS sandglass_local.tool_edges
ENGINE = Distributed('sandglass', 'sandglass_local', 'tool_edges', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.tool_edges_mv ON CLUSTER 'sandglass' TO sandglass_local.tool_edges AS
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
FROM sandglass_local.otel_traces
WHERE startsWith(SpanName, 'execute_tool');

-- Edges of the tool graph per hour: the fleet-wide node graph. Fed by tool_edges.
CREATE TABLE IF NOT EXISTS sandglass_local.tool_edges_by_hour ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(hour)
-- Time first: a dashboard reads its range and no more.
ORDER BY (tenant_id, hour, team_id, task_class, trust_tier, agent_name, parent_tool_name, tool_name)
TTL hour + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.tool_edges_by_hour ON CLUSTER 'sandglass' AS sandglass_local.tool_edges_by_hour
ENGINE = Distributed('sandglass', 'sandglass_local', 'tool_edges_by_hour', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.tool_edges_by_hour_mv ON CLUSTER 'sandglass' TO sandglass_local.tool_edges_by_hour AS
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
FROM sandglass_local.tool_edges AS e
GROUP BY tenant_id, hour, team_id, task_class, trust_tier, agent_name, parent_tool_name, tool_name;

-- The chain of cause: prompts and commands from spans, files from events (kind). prompt_id and tool_call_id tie the three;
-- a file's span_id is the span of the command that changed it.
CREATE TABLE IF NOT EXISTS sandglass_local.lineage ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(time)
-- A task's chain is one read; from a file or a prompt alone the filters above find the blocks.
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.lineage ON CLUSTER 'sandglass' AS sandglass_local.lineage
ENGINE = Distributed('sandglass', 'sandglass_local', 'lineage', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.lineage_spans_mv ON CLUSTER 'sandglass' TO sandglass_local.lineage AS
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
FROM sandglass_local.otel_traces
WHERE CommandLine != '' OR (PromptId != '' AND startsWith(SpanName, 'chat'));

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.lineage_files_mv ON CLUSTER 'sandglass' TO sandglass_local.lineage AS
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
FROM sandglass_local.otel_logs
WHERE EventName = 'sandbox.file.mutated';

-- 0011_sandboxes.sql

-- Latest known context of each sandbox. Each group of facts is a tuple that begins with (time, audit sequence), so that the
-- maximum is the newest: the Worker clock freezes between I/O, and the sequence decides among equal times.
CREATE TABLE IF NOT EXISTS sandglass_local.sandbox_states ON CLUSTER 'sandglass' (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  sandbox_id String CODEC(ZSTD(1)),
  week Date CODEC(ZSTD(1)),
  owner SimpleAggregateFunction(max, Tuple(
    at DateTime64(9, 'UTC'), sequence UInt64, team_id String, cost_center String, user_id String, trust_tier String
  )) CODEC(ZSTD(1)),
  task SimpleAggregateFunction(max, Tuple(
    at DateTime64(9, 'UTC'), sequence UInt64, task_id String, task_class String, trust_tier String, agent_name String, priority String, repository_url String
  )) CODEC(ZSTD(1)),
  instance SimpleAggregateFunction(max, Tuple(
    at DateTime64(9, 'UTC'), sequence UInt64, instance_type String, region String, application_id String, instance_id String
  )) CODEC(ZSTD(1)),
  lifecycle SimpleAggregateFunction(max, Tuple(
    at DateTime64(9, 'UTC'), sequence UInt64, state String, cause String
  )) CODEC(ZSTD(1)),
  sandbox_name SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
  generation SimpleAggregateFunction(max, UInt32) CODEC(ZSTD(1)),
  first_seen_at SimpleAggregateFunction(min, DateTime64(9, 'UTC')) CODEC(ZSTD(1)),
  last_seen_at SimpleAggregateFunction(max, DateTime64(9, 'UTC')) CODEC(ZSTD(1)),
  last_usage_at SimpleAggregateFunction(max, DateTime64(9, 'UTC')) CODEC(ZSTD(1)),
  -- Last prompt, task event, file, terminal or metered work: what idleness is measured from.
  last_active_at SimpleAggregateFunction(max, DateTime64(9, 'UTC')) CODEC(ZSTD(1)),
  environment SimpleAggregateFunction(max, String) CODEC(ZSTD(1))
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
-- Weeks, so that live sandboxes are found in the last two.
PARTITION BY week
ORDER BY (tenant_id, sandbox_id, week)
TTL week + INTERVAL 400 DAY
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.sandbox_states ON CLUSTER 'sandglass' AS sandglass_local.sandbox_states
ENGINE = Distributed('sandglass', 'sandglass_local', 'sandbox_states', rand());

-- Owner and instance come from starts and state changes, the running task from task events: comparing tuples is dear, and the
-- many other events of a sandbox only move its times.
CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.sandbox_states_mv ON CLUSTER 'sandglass' TO sandglass_local.sandbox_states AS
WITH
  LogAttributesRest AS a,
  toUInt64OrZero(a['sandglass.audit.sequence']) AS sequence,
  EventName IN ('sandglass.task.started', 'sandbox.lifecycle.changed') AS says_context,
  if(EventName = 'sandglass.task.finished', ('', '', '', '', '', ''), (
    TaskId, toString(TaskClass), toString(TrustTier), toString(AgentName), a['sandglass.task.priority'], a['vcs.repository.url.full']
  )) AS running
SELECT
  TenantId AS tenant_id,
  SandboxId AS sandbox_id,
  toMonday(Timestamp) AS week,
  maxIf(
    (Timestamp, sequence, toString(TeamId), a['sandglass.cost_center'], toString(UserId), toString(TrustTier)),
    says_context AND TeamId != ''
  ) AS owner,
  maxIf(
    (Timestamp, sequence, running.1, running.2, running.3, running.4, running.5, running.6),
    startsWith(EventName, 'sandglass.task.') AND TaskId != ''
  ) AS task,
  maxIf(
    (Timestamp, sequence, a['sandbox.instance.type'], if(a['cloud.region'] != '', a['cloud.region'], ResourceAttributes['cloud.region']), a['cloudflare.application.id'], a['cloudflare.instance.id']),
    says_context AND a['sandbox.instance.type'] != ''
  ) AS instance,
  maxIf(
    (Timestamp, sequence, a['sandbox.lifecycle.state'], a['sandbox.lifecycle.cause']),
    EventName = 'sandbox.lifecycle.changed'
  ) AS lifecycle,
  max(a['sandbox.name']) AS sandbox_name,
  max(toUInt32OrZero(a['sandbox.generation'])) AS generation,
  min(Timestamp) AS first_seen_at,
  max(Timestamp) AS last_seen_at,
  maxIf(Timestamp, EventName = 'sandbox.usage.measured') AS last_usage_at,
  maxIf(Timestamp, EventName NOT IN ('sandbox.usage.measured', 'sandglass.task.heartbeat')
    OR toFloat64OrZero(a['sandbox.usage.command.duration']) > 0
    OR toFloat64OrZero(a['sandbox.usage.model_wait.duration']) > 0
    OR toFloat64OrZero(a['sandbox.usage.terminal.duration']) > 0) AS last_active_at,
  max(ResourceAttributes['deployment.environment.name']) AS environment
FROM sandglass_local.otel_logs
WHERE SandboxId != '' AND EventName IN (
  'sandglass.task.started', 'sandglass.task.heartbeat', 'sandglass.task.finished', 'sandglass.inference.measured',
  'sandbox.usage.measured', 'sandbox.lifecycle.changed', 'sandbox.file.mutated', 'sandbox.debug.opened', 'sandbox.debug.closed'
)
GROUP BY tenant_id, sandbox_id, week;

-- One row per sandbox. live: its last state is not one in which it stands still. task_id is empty when no task runs.
CREATE OR REPLACE VIEW sandglass.sandboxes ON CLUSTER 'sandglass' AS
SELECT
  tenant_id,
  sandbox_id,
  max(s.owner) AS last_owner,
  max(s.task) AS last_task,
  max(s.instance) AS last_instance,
  max(s.lifecycle) AS last_lifecycle,
  max(s.sandbox_name) AS sandbox_name,
  last_owner.team_id AS team_id,
  last_owner.cost_center AS cost_center,
  last_owner.user_id AS user_id,
  last_task.task_id AS task_id,
  last_task.task_class AS task_class,
  if(last_task.trust_tier != '', last_task.trust_tier, last_owner.trust_tier) AS trust_tier,
  last_task.agent_name AS agent_name,
  last_task.priority AS priority,
  last_task.repository_url AS repository_url,
  last_instance.instance_type AS instance_type,
  last_instance.region AS region,
  last_instance.application_id AS application_id,
  last_instance.instance_id AS instance_id,
  last_lifecycle.state AS state,
  last_lifecycle.cause AS cause,
  last_lifecycle.at AS state_since,
  last_lifecycle.state NOT IN ('stopped', 'slept', 'suspended', 'destroyed', 'failed') AS live,
  max(s.generation) AS generation,
  max(s.environment) AS environment,
  min(s.first_seen_at) AS first_seen_at,
  max(s.last_seen_at) AS last_seen_at,
  max(s.last_usage_at) AS last_usage_at,
  max(s.last_active_at) AS last_active_at
FROM sandglass.sandbox_states AS s
GROUP BY tenant_id, sandbox_id;

-- Sandboxes that stand, of this week and the one before: what the enforcer reads every second.
CREATE OR REPLACE VIEW sandglass.live_sandboxes ON CLUSTER 'sandglass' AS
SELECT s.*
FROM sandglass.sandboxes AS s
WHERE s.live AND (s.tenant_id, s.sandbox_id) IN (
  SELECT tenant_id, sandbox_id FROM sandglass.sandbox_states WHERE week >= toMonday(now('UTC')) - 7
);

-- 0012_budgets.sql

-- What the enforcer decided and did, what people overrode, what leases hold.
--
-- Every table here: monthly partitions, dropped whole when the youngest row is past retention. Sorted by hour, then task:
-- a fleet-wide question reads its hours, a question about one task adds the task's own time bounds (from tasks). The primary key
-- stops at the task, or a time range would not find the hours (see 0001).
-- Conversions never throw: a malformed number becomes 0 or NULL, so that one event cannot block a segment.

-- Every decision with its inputs. spend, spend_limit and forecast are in the unit of the metric.
CREATE TABLE IF NOT EXISTS sandglass_local.budget_decisions ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(time)
-- A budget and its scope are asked for by name; the newest decides.
ORDER BY (tenant_id, budget_id, scope, time)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.budget_decisions ON CLUSTER 'sandglass' AS sandglass_local.budget_decisions
ENGINE = Distributed('sandglass', 'sandglass_local', 'budget_decisions', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.budget_decisions_mv ON CLUSTER 'sandglass' TO sandglass_local.budget_decisions AS
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
FROM sandglass_local.otel_logs
WHERE EventName = 'sandglass.budget.decided';

-- What was done about a decision; action_key makes a repeated effect one.
CREATE TABLE IF NOT EXISTS sandglass_local.budget_actions ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.budget_actions ON CLUSTER 'sandglass' AS sandglass_local.budget_actions
ENGINE = Distributed('sandglass', 'sandglass_local', 'budget_actions', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.budget_actions_mv ON CLUSTER 'sandglass' TO sandglass_local.budget_actions AS
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
FROM sandglass_local.otel_logs
WHERE EventName = 'sandglass.enforcement.acted';

-- Overrides of budgets and policies: granted or ended (kind). Small, so the enforcer reads it every tick.
CREATE TABLE IF NOT EXISTS sandglass_local.budget_overrides ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(time)
-- One override is one read.
ORDER BY (tenant_id, override_id, time)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.budget_overrides ON CLUSTER 'sandglass' AS sandglass_local.budget_overrides
ENGINE = Distributed('sandglass', 'sandglass_local', 'budget_overrides', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.budget_overrides_mv ON CLUSTER 'sandglass' TO sandglass_local.budget_overrides AS
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
FROM sandglass_local.otel_logs
WHERE EventName IN ('sandglass.policy.overridden', 'sandglass.policy.override.ended');

-- One row per override; active while it has neither ended nor expired.
CREATE OR REPLACE VIEW sandglass.overrides ON CLUSTER 'sandglass' AS
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
FROM sandglass.budget_overrides AS o
GROUP BY tenant_id, override_id;

-- Leases as an append-only ledger: granted, settled, expired (kind). Outstanding is what was granted and neither settled nor expired.
CREATE TABLE IF NOT EXISTS sandglass_local.budget_ledger ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(time)
-- The balance of a scope is one read.
ORDER BY (tenant_id, scope, lease_id, time)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.budget_ledger ON CLUSTER 'sandglass' AS sandglass_local.budget_ledger
ENGINE = Distributed('sandglass', 'sandglass_local', 'budget_ledger', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.budget_ledger_mv ON CLUSTER 'sandglass' TO sandglass_local.budget_ledger AS
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
FROM sandglass_local.otel_logs
WHERE EventName IN ('sandglass.lease.granted', 'sandglass.lease.settled', 'sandglass.lease.expired');

-- What gates admitted, delayed or refused.
CREATE TABLE IF NOT EXISTS sandglass_local.admissions ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (tenant_id, toStartOfHour(time), task_id, time, audit_sequence)
PRIMARY KEY (tenant_id, toStartOfHour(time), task_id)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.admissions ON CLUSTER 'sandglass' AS sandglass_local.admissions
ENGINE = Distributed('sandglass', 'sandglass_local', 'admissions', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.admissions_mv ON CLUSTER 'sandglass' TO sandglass_local.admissions AS
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
FROM sandglass_local.otel_logs
WHERE EventName = 'sandglass.admission.decided';

-- 0013_audit_chain.sql

-- The hash chain of each sandbox: every audit event's place in it. Gaps, forks and broken links show in the view.
CREATE TABLE IF NOT EXISTS sandglass_local.audit_links ON CLUSTER 'sandglass' (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  team_id LowCardinality(String) CODEC(ZSTD(1)),
  sandbox_id String CODEC(ZSTD(1)),
  audit_epoch String CODEC(ZSTD(1)),
  audit_sequence UInt64 CODEC(Delta(8), ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(GCD, Delta(8), ZSTD(1)),
  task_id String CODEC(ZSTD(1)),
  trust_tier LowCardinality(String) CODEC(ZSTD(1)),
  event_name LowCardinality(String) CODEC(ZSTD(1)),
  -- The first 8 bytes of each hash: enough to see that neighbours meet, and hashes do not compress. The whole hash is in the event.
  prev_hash UInt64 CODEC(NONE),
  hash UInt64 CODEC(NONE)
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toYYYYMM(time)
-- A chain lies in order.
ORDER BY (tenant_id, sandbox_id, audit_epoch, audit_sequence)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.audit_links ON CLUSTER 'sandglass' AS sandglass_local.audit_links
ENGINE = Distributed('sandglass', 'sandglass_local', 'audit_links', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.audit_links_mv ON CLUSTER 'sandglass' TO sandglass_local.audit_links AS
WITH LogAttributesRest AS a
SELECT
  TenantId AS tenant_id,
  TeamId AS team_id,
  SandboxId AS sandbox_id,
  a['sandglass.audit.epoch'] AS audit_epoch,
  toUInt64OrZero(a['sandglass.audit.sequence']) AS audit_sequence,
  Timestamp AS time,
  TaskId AS task_id,
  TrustTier AS trust_tier,
  EventName AS event_name,
  reinterpretAsUInt64(unhex(substring(a['sandglass.audit.prev_hash'], 1, 16))) AS prev_hash,
  reinterpretAsUInt64(unhex(substring(a['sandglass.audit.hash'], 1, 16))) AS hash
FROM sandglass_local.otel_logs
WHERE EventName != '' AND audit_epoch != '';

-- One row per chain. gaps: sequence numbers that never came. forks: numbers with more than one hash. broken_links:
-- neighbours whose hashes do not meet. An event that came twice counts once. Filter by tenant_id and sandbox_id.
CREATE OR REPLACE VIEW sandglass.audit_chain ON CLUSTER 'sandglass' AS
SELECT
  tenant_id,
  sandbox_id,
  audit_epoch,
  max(l.team_id) AS team_id,
  min(l.first_time) AS first_event_at,
  max(l.last_time) AS last_event_at,
  count() AS events,
  max(l.audit_sequence) AS last_sequence,
  last_sequence - events AS gaps,
  countIf(length(l.hashes) > 1) AS forks,
  arraySort(groupArray((l.audit_sequence, l.hashes, l.prev_hashes))) AS links,
  arrayCount(
    (link, previous) -> link.1 = previous.1 + 1 AND NOT hasAny(link.3, previous.2),
    arraySlice(links, 2), arraySlice(links, 1, length(links) - 1)
  ) AS broken_links
FROM (
  SELECT
    tenant_id,
    sandbox_id,
    audit_epoch,
    audit_sequence,
    max(k.team_id) AS team_id,
    min(k.time) AS first_time,
    max(k.time) AS last_time,
    groupUniqArray(k.hash) AS hashes,
    groupUniqArray(k.prev_hash) AS prev_hashes
  FROM sandglass.audit_links AS k
  GROUP BY tenant_id, sandbox_id, audit_epoch, audit_sequence
) AS l
GROUP BY tenant_id, sandbox_id, audit_epoch;

-- 0014_dimension_values.sql

-- What the variables of dashboards offer: every value of a dimension, per team, with when it was seen. Never SELECT DISTINCT
-- over raw tables. dimension: team, user, class, tier, agent, model, repository, environment, instance_type, cost_center.
CREATE TABLE IF NOT EXISTS sandglass_local.dimension_values ON CLUSTER 'sandglass' (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  dimension LowCardinality(String) CODEC(ZSTD(1)),
  value String CODEC(ZSTD(1)),
  team_id LowCardinality(String) CODEC(ZSTD(1)),
  month Date CODEC(ZSTD(1)),
  first_seen_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
  last_seen_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(ZSTD(1))
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
-- Months, so that values nobody used for 13 months leave.
PARTITION BY month
ORDER BY (tenant_id, dimension, value, team_id, month)
TTL month + INTERVAL 13 MONTH
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.dimension_values ON CLUSTER 'sandglass' AS sandglass_local.dimension_values
ENGINE = Distributed('sandglass', 'sandglass_local', 'dimension_values', rand());

-- From the rare events that carry the whole context, starts and state changes; models from their answers.
CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.dimension_values_mv ON CLUSTER 'sandglass' TO sandglass_local.dimension_values AS
WITH LogAttributesRest AS a
SELECT
  TenantId AS tenant_id,
  pair.1 AS dimension,
  pair.2 AS value,
  TeamId AS team_id,
  toStartOfMonth(Timestamp) AS month,
  toDateTime64(min(Timestamp), 3, 'UTC') AS first_seen_at,
  toDateTime64(max(Timestamp), 3, 'UTC') AS last_seen_at
FROM sandglass_local.otel_logs
ARRAY JOIN sandglass_local.if(EventName = 'sandglass.inference.measured', [('model', a['gen_ai.request.model'])], [
  ('team', toString(TeamId)),
  ('user', toString(UserId)),
  ('class', toString(TaskClass)),
  ('tier', toString(TrustTier)),
  ('agent', toString(AgentName)),
  ('repository', a['vcs.repository.url.full']),
  ('environment', ResourceAttributes['deployment.environment.name']),
  ('instance_type', a['sandbox.instance.type']),
  ('cost_center', a['sandglass.cost_center'])
]) AS pair
WHERE EventName IN ('sandglass.task.started', 'sandbox.lifecycle.changed', 'sandglass.inference.measured') AND pair.2 != ''
GROUP BY tenant_id, dimension, value, team_id, month;

-- 0015_kpis.sql

-- Indicators with their definitions. Each is a view over rollups, at a grain that can be summed further: add the parts first,
-- divide last, or a ratio of a small team weighs as much as that of a large one.

-- The parts: one row per rollup row, so filters on tenant, day, team, user, class and tier reach the rollups' keys.
CREATE OR REPLACE VIEW sandglass.kpi_parts ON CLUSTER 'sandglass' AS
SELECT
  tenant_id, day, team_id, user_id, task_class, trust_tier,
  cost_usd,
  if(sku = 'container.cpu', quantity, 0) AS cpu_s,
  if(allocation = 'idle', cost_usd, 0) AS unused_cost_usd,
  if(is_retry, cost_usd, 0) AS retry_cost_usd,
  if(team_id = '' OR allocation = 'unallocated', cost_usd, 0) AS unallocated_cost_usd,
  if(sku IN ('container.memory', 'container.disk', 'durable_object.duration'), cost_usd, 0) AS provisioned_cost_usd,
  toUInt64(0) AS started, toUInt64(0) AS finished, toUInt64(0) AS succeeded, toUInt64(0) AS retries,
  toDecimal128(0, 6) AS idle_s, toDecimal128(0, 6) AS wall_s
FROM sandglass.spend_by_day
UNION ALL
SELECT
  tenant_id, toDate(hour) AS day, team_id, user_id, task_class, trust_tier,
  toDecimal128(0, 12) AS cost_usd,
  toDecimal128(0, 12) AS cpu_s,
  toDecimal128(0, 12) AS unused_cost_usd,
  toDecimal128(0, 12) AS retry_cost_usd,
  toDecimal128(0, 12) AS unallocated_cost_usd,
  toDecimal128(0, 12) AS provisioned_cost_usd,
  started, finished, if(outcome = 'success', finished, 0) AS succeeded, retries,
  toDecimal128(0, 6) AS idle_s, toDecimal128(0, 6) AS wall_s
FROM sandglass.tasks_by_hour
UNION ALL
SELECT
  tenant_id, toDate(hour) AS day, team_id, user_id, task_class, trust_tier,
  toDecimal128(0, 12) AS cost_usd,
  toDecimal128(0, 12) AS cpu_s,
  toDecimal128(0, 12) AS unused_cost_usd,
  toDecimal128(0, 12) AS retry_cost_usd,
  toDecimal128(0, 12) AS unallocated_cost_usd,
  toDecimal128(0, 12) AS provisioned_cost_usd,
  toUInt64(0) AS started, toUInt64(0) AS finished, toUInt64(0) AS succeeded, toUInt64(0) AS retries,
  idle_s, toDecimal128(wall_ms, 6) / 1000 AS wall_s
FROM sandglass.usage_by_hour;

-- Per day, team, class and tier.
-- cpu_s_per_success: active CPU seconds of all work, failed work included, for each task that succeeded.
-- cost_usd_per_success: the same of money.
-- success_rate: successes among finished tasks.
-- retry_cost_share: share of money that went to attempts after the first.
-- allocation_coverage: share of money that has a team and, unless nothing ran, a task.
CREATE OR REPLACE VIEW sandglass.kpi_daily ON CLUSTER 'sandglass' AS
SELECT
  tenant_id, day, team_id, task_class, trust_tier,
  sum(p.cost_usd) AS cost_usd,
  sum(p.cpu_s) AS cpu_s,
  sum(p.started) AS started,
  sum(p.finished) AS finished,
  sum(p.succeeded) AS succeeded,
  sum(p.retries) AS retries,
  sum(p.retry_cost_usd) AS retry_cost_usd,
  sum(p.unallocated_cost_usd) AS unallocated_cost_usd,
  toFloat64(cpu_s) / nullIf(succeeded, 0) AS cpu_s_per_success,
  toFloat64(cost_usd) / nullIf(succeeded, 0) AS cost_usd_per_success,
  succeeded / nullIf(finished, 0) AS success_rate,
  toFloat64(retry_cost_usd) / nullIf(toFloat64(cost_usd), 0) AS retry_cost_share,
  1 - toFloat64(unallocated_cost_usd) / nullIf(toFloat64(cost_usd), 0) AS allocation_coverage
FROM sandglass.kpi_parts AS p
GROUP BY tenant_id, day, team_id, task_class, trust_tier;

-- Idle cost per day and team: provisioned cost (memory, disk, Durable Object) times the share of the metered time in which
-- nothing ran; waiting for a model or a person is not idle. unused_cost_usd is the stricter part: intervals without any task.
CREATE OR REPLACE VIEW sandglass.kpi_idle_cost ON CLUSTER 'sandglass' AS
SELECT
  tenant_id, day, team_id,
  sum(p.cost_usd) AS cost_usd,
  sum(p.provisioned_cost_usd) AS provisioned_cost_usd,
  sum(p.unused_cost_usd) AS unused_cost_usd,
  sum(p.idle_s) AS idle_s,
  sum(p.wall_s) AS wall_s,
  ifNull(toFloat64(idle_s) / nullIf(toFloat64(wall_s), 0), 0) AS idle_time_share,
  toFloat64(provisioned_cost_usd) * idle_time_share AS idle_cost_usd,
  ifNull(idle_cost_usd / nullIf(toFloat64(cost_usd), 0), 0) AS idle_cost_share
FROM sandglass.kpi_parts AS p
GROUP BY tenant_id, day, team_id;

-- Task time per day, class and tier, from start to finish as the task said, suspension included; quantiles within 1 %.
CREATE OR REPLACE VIEW sandglass.kpi_task_time ON CLUSTER 'sandglass' AS
SELECT
  tenant_id, toDate(hour) AS day, team_id, task_class, trust_tier,
  sum(t.finished) AS finished,
  quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(t.duration) AS quantiles_s,
  quantiles_s[1] AS p50_s,
  quantiles_s[2] AS p95_s,
  quantiles_s[3] AS p99_s
FROM sandglass.tasks_by_hour AS t
WHERE outcome != ''
GROUP BY tenant_id, day, team_id, task_class, trust_tier;

-- Resumes per day and team. An attempt counts once, by its id; it succeeded when a restore of it did. A restore without an
-- attempt id is an attempt of its own.
CREATE OR REPLACE VIEW sandglass.kpi_resume ON CLUSTER 'sandglass' AS
SELECT
  tenant_id, day, team_id, trust_tier,
  count() AS attempts,
  countIf(r.succeeded) AS succeeded,
  succeeded / attempts AS success_rate,
  topKIf(3)(r.failed_stage, r.failed_stage != '') AS failed_stages
FROM (
  SELECT
    tenant_id, toDate(time) AS day, team_id, trust_tier,
    if(resume_attempt_id != '', resume_attempt_id, concat(snapshot_id, toString(time))) AS attempt,
    max(s.outcome = 'success') AS succeeded,
    max(s.resume_stage) AS failed_stage
  FROM sandglass.snapshots AS s
  WHERE kind = 'restored'
  GROUP BY tenant_id, day, team_id, trust_tier, attempt
) AS r
GROUP BY tenant_id, day, team_id, trust_tier;

-- One row per change that was merged. cost_usd: what its tasks cost, each by its share (equal parts unless stated).
CREATE OR REPLACE VIEW sandglass.change_costs ON CLUSTER 'sandglass' AS
WITH costs AS (
  SELECT tenant_id, task_id, sum(s.cost_usd) AS cost_usd FROM sandglass.spend_by_task AS s WHERE task_id != '' GROUP BY tenant_id, task_id
)
SELECT
  l.tenant_id AS tenant_id,
  l.repository_url AS repository_url,
  l.change_id AS change_id,
  max(l.team_id) AS team_id,
  any(l.merged_at) AS merged_at,
  any(l.reverted_at) AS reverted_at,
  reverted_at IS NULL AS survives,
  count() AS tasks,
  sum(toFloat64(c.cost_usd) * l.share) AS cost_usd
FROM (
  SELECT tenant_id, repository_url, change_id, g.team_id AS team_id, g.merged_at AS merged_at, g.reverted_at AS reverted_at, pair.1 AS task_id, pair.2 AS share
  FROM (
    SELECT
      tenant_id, repository_url, change_id,
      max(h.team_id) AS team_id,
      minIf(toNullable(h.time), h.kind = 'merged') AS merged_at,
      maxIf(toNullable(h.time), h.kind = 'reverted') AS reverted_at,
      argMaxIf(h.task_ids, h.time, notEmpty(h.task_ids)) AS ids,
      argMaxIf(h.task_shares, h.time, notEmpty(h.task_ids)) AS shares
    FROM sandglass.changes AS h
    GROUP BY tenant_id, repository_url, change_id
    HAVING merged_at IS NOT NULL
  ) AS g
  ARRAY JOIN arrayMap((id, n) -> (id, if(length(g.shares) = length(g.ids), g.shares[n], 1 / length(g.ids))), g.ids, arrayEnumerate(g.ids)) AS pair
) AS l
LEFT JOIN sandglass.costs AS c ON c.tenant_id = l.tenant_id AND c.task_id = l.task_id
GROUP BY tenant_id, repository_url, change_id;

-- Cost per merged pull request, per day and team: all that the team spent that day over the changes that were merged that day
-- and still stand. Reverted work stays in the numerator and leaves the denominator.
CREATE OR REPLACE VIEW sandglass.kpi_merged_change_cost ON CLUSTER 'sandglass' AS
SELECT
  tenant_id, day, team_id,
  sum(p.cost_usd) AS cost_usd,
  sum(p.merged) AS merged,
  toFloat64(cost_usd) / nullIf(merged, 0) AS cost_usd_per_merged_change
FROM (
  SELECT tenant_id, day, team_id, cost_usd, toUInt64(0) AS merged FROM sandglass.spend_by_day
  UNION ALL
  SELECT tenant_id, toDate(assumeNotNull(merged_at)) AS day, team_id, toDecimal128(0, 12) AS cost_usd, toUInt64(1) AS merged
  FROM (
    SELECT
      tenant_id, repository_url, change_id,
      max(h.team_id) AS team_id,
      minIf(toNullable(h.time), h.kind = 'merged') AS merged_at,
      countIf(h.kind = 'reverted') AS reverts
    FROM sandglass.changes AS h
    GROUP BY tenant_id, repository_url, change_id
    HAVING merged_at IS NOT NULL AND reverts = 0
  )
) AS p
GROUP BY tenant_id, day, team_id;

-- Peaks against the instance profile: below half of memory and disk, and of the CPU on average, a smaller instance would do.
-- A type of its own size has no profile here: its shares are NULL.
CREATE OR REPLACE VIEW sandglass.kpi_right_sizing ON CLUSTER 'sandglass' AS
WITH
  ['lite', 'basic', 'standard-1', 'standard-2', 'standard-3', 'standard-4'] AS types,
  transform(toString(instance_type), types, [0.0625, 0.25, 0.5, 1., 2., 4.], 0.) AS vcpu,
  transform(toString(instance_type), types, [0.25, 1., 4., 6., 8., 12.], 0.) AS memory_gib,
  transform(toString(instance_type), types, [2., 4., 8., 12., 16., 20.], 0.) AS disk_gb
SELECT
  tenant_id, toDate(hour) AS day, team_id, task_class, instance_type,
  sum(u.wall_ms) / 1000 AS wall_s,
  toFloat64(sum(u.cpu_s)) / nullIf(wall_s, 0) / nullIf(vcpu, 0) AS cpu_share,
  max(u.memory_peak_bytes) / 1073741824 / nullIf(memory_gib, 0) AS memory_peak_share,
  max(u.disk_peak_bytes) / 1e9 / nullIf(disk_gb, 0) AS disk_peak_share,
  cpu_share < 0.5 AND memory_peak_share < 0.5 AND disk_peak_share < 0.5 AS oversized
FROM sandglass.usage_by_hour AS u
GROUP BY tenant_id, day, team_id, task_class, instance_type;

-- Active CPU seconds per successful task without failed work: only what successful tasks themselves used, by the week of their
-- end; what a task used the week before is left out. Reads every task of the weeks asked for: give tenant_id and week.
CREATE OR REPLACE VIEW sandglass.kpi_cpu_of_successes ON CLUSTER 'sandglass' AS
SELECT
  t.tenant_id AS tenant_id,
  t.week AS week,
  t.task_class AS task_class,
  count() AS succeeded,
  sum(toFloat64(c.cpu_s)) AS cpu_s,
  cpu_s / succeeded AS cpu_s_per_success
FROM (
  SELECT tenant_id, task_id, week, max(s.task_class) AS task_class, max(s.finish).2 AS outcome
  FROM sandglass.task_states AS s
  GROUP BY tenant_id, task_id, week
  HAVING outcome = 'success'
) AS t
LEFT JOIN (
  SELECT tenant_id, task_id, week, sum(q.quantity) AS cpu_s FROM sandglass.spend_by_task AS q WHERE sku = 'container.cpu' GROUP BY tenant_id, task_id, week
) AS c ON c.tenant_id = t.tenant_id AND c.task_id = t.task_id AND c.week = t.week
GROUP BY tenant_id, week, task_class;

-- 0016_otel_metrics.sql

-- Data points of every kind as collectors write them: one row per point, in one table, so that a request with several kinds is
-- one segment and one deduplication token. It keeps nothing: the views below put each row into the table of its kind, and there
-- the token is remembered. Metrics carry no money and no verdict: nothing of Sandglass is derived from them.
CREATE TABLE IF NOT EXISTS sandglass_local.otel_metrics ON CLUSTER 'sandglass' (
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

CREATE TABLE IF NOT EXISTS sandglass.otel_metrics ON CLUSTER 'sandglass' AS sandglass_local.otel_metrics
ENGINE = Distributed('sandglass', 'sandglass_local', 'otel_metrics', rand());

-- Gauges: the last value of something. Names and types are those of the OpenTelemetry ClickHouse exporter, with the tenant.
CREATE TABLE IF NOT EXISTS sandglass_local.otel_metrics_gauge ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
-- A day is the unit of retention.
PARTITION BY toDate(TimeUnix)
-- A series lies together within its hour: a panel asks for one metric of one service over hours. The primary key stops at the
-- hour, so that a time range is looked up there. Attributes are hashed: as a map they would be compared key by key.
ORDER BY (TenantId, ServiceName, MetricName, toStartOfHour(TimeUnix), cityHash64(Attributes), TimeUnix)
PRIMARY KEY (TenantId, ServiceName, MetricName, toStartOfHour(TimeUnix))
TTL toDateTime(TimeUnix) + INTERVAL 30 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.otel_metrics_gauge ON CLUSTER 'sandglass' AS sandglass_local.otel_metrics_gauge
ENGINE = Distributed('sandglass', 'sandglass_local', 'otel_metrics_gauge', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.otel_metrics_gauge_mv ON CLUSTER 'sandglass' TO sandglass_local.otel_metrics_gauge AS
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
FROM sandglass_local.otel_metrics
WHERE Kind = 'gauge';

-- Sums, monotonic or not. Names and types are those of the OpenTelemetry ClickHouse exporter, with the tenant.
CREATE TABLE IF NOT EXISTS sandglass_local.otel_metrics_sum ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toDate(TimeUnix)
ORDER BY (TenantId, ServiceName, MetricName, toStartOfHour(TimeUnix), cityHash64(Attributes), TimeUnix)
PRIMARY KEY (TenantId, ServiceName, MetricName, toStartOfHour(TimeUnix))
TTL toDateTime(TimeUnix) + INTERVAL 30 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.otel_metrics_sum ON CLUSTER 'sandglass' AS sandglass_local.otel_metrics_sum
ENGINE = Distributed('sandglass', 'sandglass_local', 'otel_metrics_sum', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.otel_metrics_sum_mv ON CLUSTER 'sandglass' TO sandglass_local.otel_metrics_sum AS
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
FROM sandglass_local.otel_metrics
WHERE Kind = 'sum';

-- Histograms with explicit bounds. Names and types are those of the OpenTelemetry ClickHouse exporter, with the tenant.
CREATE TABLE IF NOT EXISTS sandglass_local.otel_metrics_histogram ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toDate(TimeUnix)
ORDER BY (TenantId, ServiceName, MetricName, toStartOfHour(TimeUnix), cityHash64(Attributes), TimeUnix)
PRIMARY KEY (TenantId, ServiceName, MetricName, toStartOfHour(TimeUnix))
TTL toDateTime(TimeUnix) + INTERVAL 30 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.otel_metrics_histogram ON CLUSTER 'sandglass' AS sandglass_local.otel_metrics_histogram
ENGINE = Distributed('sandglass', 'sandglass_local', 'otel_metrics_histogram', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.otel_metrics_histogram_mv ON CLUSTER 'sandglass' TO sandglass_local.otel_metrics_histogram AS
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
FROM sandglass_local.otel_metrics
WHERE Kind = 'histogram';

-- Exponential histograms. Names and types are those of the OpenTelemetry ClickHouse exporter, with the tenant.
CREATE TABLE IF NOT EXISTS sandglass_local.otel_metrics_exponential_histogram ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toDate(TimeUnix)
ORDER BY (TenantId, ServiceName, MetricName, toStartOfHour(TimeUnix), cityHash64(Attributes), TimeUnix)
PRIMARY KEY (TenantId, ServiceName, MetricName, toStartOfHour(TimeUnix))
TTL toDateTime(TimeUnix) + INTERVAL 30 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.otel_metrics_exponential_histogram ON CLUSTER 'sandglass' AS sandglass_local.otel_metrics_exponential_histogram
ENGINE = Distributed('sandglass', 'sandglass_local', 'otel_metrics_exponential_histogram', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.otel_metrics_exponential_histogram_mv ON CLUSTER 'sandglass' TO sandglass_local.otel_metrics_exponential_histogram AS
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
FROM sandglass_local.otel_metrics
WHERE Kind = 'exponential_histogram';

-- Summaries: quantiles that their senders computed. Names and types are those of the OpenTelemetry ClickHouse exporter, with the tenant.
CREATE TABLE IF NOT EXISTS sandglass_local.otel_metrics_summary ON CLUSTER 'sandglass' (
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
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toDate(TimeUnix)
ORDER BY (TenantId, ServiceName, MetricName, toStartOfHour(TimeUnix), cityHash64(Attributes), TimeUnix)
PRIMARY KEY (TenantId, ServiceName, MetricName, toStartOfHour(TimeUnix))
TTL toDateTime(TimeUnix) + INTERVAL 30 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.otel_metrics_summary ON CLUSTER 'sandglass' AS sandglass_local.otel_metrics_summary
ENGINE = Distributed('sandglass', 'sandglass_local', 'otel_metrics_summary', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.otel_metrics_summary_mv ON CLUSTER 'sandglass' TO sandglass_local.otel_metrics_summary AS
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
FROM sandglass_local.otel_metrics
WHERE Kind = 'summary';

-- 0017_live_sandboxes.sql

-- Sandboxes that stand, of this week and the one before. A sandbox whose last state is a standing one has a row that says so: such
-- rows are found by the state alone, and only their sandboxes are put together, from every week. Most sandboxes of two weeks have
-- been stopped, and folding all of them took seconds at half a million.
CREATE OR REPLACE VIEW sandglass.live_sandboxes ON CLUSTER 'sandglass' AS
SELECT s.*
FROM sandglass.sandboxes AS s
WHERE s.live AND (s.tenant_id, s.sandbox_id) IN (
  SELECT tenant_id, sandbox_id FROM sandglass.sandbox_states
  WHERE week >= toMonday(now('UTC')) - 7 AND lifecycle.state NOT IN ('stopped', 'slept', 'suspended', 'destroyed', 'failed')
);

-- 0020_month_closes.sql

-- Months that were closed. A close is a set of lines and the event that ends it; without all of its lines it does not count.
CREATE TABLE IF NOT EXISTS sandglass_local.month_lines ON CLUSTER 'sandglass' (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  month Date CODEC(ZSTD(1)),
  close_id String CODEC(ZSTD(1)),
  -- Empty: spend that no team owns.
  team_id LowCardinality(String) CODEC(ZSTD(1)),
  sku LowCardinality(String) CODEC(ZSTD(1)),
  unit LowCardinality(String) CODEC(ZSTD(1)),
  quantity Decimal(38, 12) CODEC(ZSTD(1)),
  allowance Decimal(38, 12) CODEC(ZSTD(1)),
  list_cost_usd Decimal(38, 12) CODEC(ZSTD(1)),
  effective_cost_usd Decimal(38, 12) CODEC(ZSTD(1)),
  shared_cost_usd Decimal(38, 12) CODEC(ZSTD(1))
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
-- A few hundred rows a month, asked for by month. No TTL and no partitions: what was invoiced inside the company stays.
ORDER BY (tenant_id, month, close_id, team_id, sku)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.month_lines ON CLUSTER 'sandglass' AS sandglass_local.month_lines
ENGINE = Distributed('sandglass', 'sandglass_local', 'month_lines', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.month_lines_mv ON CLUSTER 'sandglass' TO sandglass_local.month_lines AS
WITH LogAttributesRest AS a
SELECT
  TenantId AS tenant_id,
  toDateOrZero(concat(a['sandglass.close.month'], '-01')) AS month,
  a['sandglass.close.id'] AS close_id,
  TeamId AS team_id,
  a['sandglass.charge.sku'] AS sku,
  a['sandglass.charge.unit'] AS unit,
  toDecimal128OrZero(a['sandglass.close.quantity'], 12) AS quantity,
  toDecimal128OrZero(a['sandglass.close.allowance'], 12) AS allowance,
  toDecimal128OrZero(a['sandglass.close.list_cost'], 12) AS list_cost_usd,
  toDecimal128OrZero(a['sandglass.close.effective_cost'], 12) AS effective_cost_usd,
  toDecimal128OrZero(a['sandglass.close.shared_cost'], 12) AS shared_cost_usd
FROM sandglass_local.otel_logs
WHERE EventName = 'sandglass.month.line.closed';

CREATE TABLE IF NOT EXISTS sandglass_local.month_closes ON CLUSTER 'sandglass' (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  month Date CODEC(ZSTD(1)),
  close_id String CODEC(ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(ZSTD(1)),
  -- Charges of the month that were ingested from here on are booked when they came.
  cutoff DateTime64(3, 'UTC') CODEC(ZSTD(1)),
  lines UInt64 CODEC(ZSTD(1)),
  price_version LowCardinality(String) CODEC(ZSTD(1)),
  actor_id String CODEC(ZSTD(1)),
  reason String CODEC(ZSTD(1)),
  ticket String CODEC(ZSTD(1))
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
-- One row a month, or two when two people closed at once. No TTL: without its cutoff a month would open again.
ORDER BY (tenant_id, month, close_id)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.month_closes ON CLUSTER 'sandglass' AS sandglass_local.month_closes
ENGINE = Distributed('sandglass', 'sandglass_local', 'month_closes', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.month_closes_mv ON CLUSTER 'sandglass' TO sandglass_local.month_closes AS
WITH LogAttributesRest AS a
SELECT
  TenantId AS tenant_id,
  toDateOrZero(concat(a['sandglass.close.month'], '-01')) AS month,
  a['sandglass.close.id'] AS close_id,
  Timestamp AS time,
  fromUnixTimestamp64Milli(toInt64OrZero(a['sandglass.close.cutoff']), 'UTC') AS cutoff,
  toUInt64OrZero(a['sandglass.close.lines']) AS lines,
  a['sandglass.charge.price_version.after'] AS price_version,
  a['sandglass.actor.id'] AS actor_id,
  a['sandglass.reason'] AS reason,
  a['sandglass.ticket'] AS ticket
FROM sandglass_local.otel_logs
WHERE EventName = 'sandglass.month.closed';

-- One row per closed month: the first close that is whole. A second one changes nothing.
CREATE OR REPLACE VIEW sandglass.closed_months ON CLUSTER 'sandglass' AS
SELECT
  tenant_id,
  month,
  argMin(c.close_id, (c.time, c.close_id)) AS close_id,
  argMin(c.time, (c.time, c.close_id)) AS closed_at,
  argMin(c.cutoff, (c.time, c.close_id)) AS cutoff,
  argMin(c.price_version, (c.time, c.close_id)) AS price_version,
  argMin(c.actor_id, (c.time, c.close_id)) AS actor_id,
  argMin(c.reason, (c.time, c.close_id)) AS reason,
  argMin(c.ticket, (c.time, c.close_id)) AS ticket
FROM sandglass.month_closes AS c
WHERE c.lines = 0 OR (c.tenant_id, c.month, c.close_id, c.lines) IN (
  SELECT tenant_id, month, close_id, uniqExact(team_id, sku) FROM sandglass.month_lines GROUP BY tenant_id, month, close_id
)
GROUP BY tenant_id, month;

-- What each team owes for a closed month; a line that came twice counts once.
CREATE OR REPLACE VIEW sandglass.closed_month_lines ON CLUSTER 'sandglass' AS
SELECT
  tenant_id,
  month,
  team_id,
  sku,
  any(l.unit) AS unit,
  any(l.quantity) AS quantity,
  any(l.allowance) AS allowance,
  any(l.list_cost_usd) AS list_cost_usd,
  any(l.effective_cost_usd) AS effective_cost_usd,
  any(l.shared_cost_usd) AS shared_cost_usd
FROM sandglass.month_lines AS l
WHERE (l.tenant_id, l.month, l.close_id) IN (SELECT tenant_id, month, close_id FROM sandglass.closed_months)
GROUP BY tenant_id, month, team_id, sku;

-- Charges as the books have them: what came after its month was closed is booked when it came.
CREATE OR REPLACE VIEW sandglass.booked_charges ON CLUSTER 'sandglass' AS
SELECT
  c.*,
  ifNull(m.cutoff, toDateTime64(0, 3, 'UTC')) AS closed_from,
  closed_from > toDateTime64(0, 3, 'UTC') AND c.ingested_at >= closed_from AS late,
  if(late, c.ingested_at, c.charge_period_start) AS booked_at
FROM sandglass.charges AS c
LEFT JOIN sandglass.closed_months AS m ON m.tenant_id = c.tenant_id AND m.month = toStartOfMonth(c.charge_period_start);

-- 0021_meter_verifications.sql

-- Comparisons of metered CPU with the billing data. Until one holds, money of an instance type is 'uncalibrated'.
CREATE TABLE IF NOT EXISTS sandglass_local.meter_verifications ON CLUSTER 'sandglass' (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  instance_type LowCardinality(String) CODEC(ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(ZSTD(1)),
  -- Metered over billed, less one, and its 95 % confidence interval.
  bias Float64 CODEC(ZSTD(1)),
  bias_low Float64 CODEC(ZSTD(1)),
  bias_high Float64 CODEC(ZSTD(1)),
  samples UInt32 CODEC(ZSTD(1)),
  tolerance Float64 CODEC(ZSTD(1)),
  calibrated Bool,
  actor_id String CODEC(ZSTD(1)),
  reason String CODEC(ZSTD(1)),
  ticket String CODEC(ZSTD(1))
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
-- A handful of rows a year. No TTL: a label that money carries must be explained later.
ORDER BY (tenant_id, instance_type, time)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 100000, replicated_deduplication_window_seconds = 3024000, string_serialization_version = 'single_stream';

CREATE TABLE IF NOT EXISTS sandglass.meter_verifications ON CLUSTER 'sandglass' AS sandglass_local.meter_verifications
ENGINE = Distributed('sandglass', 'sandglass_local', 'meter_verifications', rand());

CREATE MATERIALIZED VIEW IF NOT EXISTS sandglass_local.meter_verifications_mv ON CLUSTER 'sandglass' TO sandglass_local.meter_verifications AS
WITH LogAttributesRest AS a
SELECT
  TenantId AS tenant_id,
  a['sandbox.instance.type'] AS instance_type,
  Timestamp AS time,
  toFloat64OrZero(a['sandglass.meter.bias']) AS bias,
  toFloat64OrZero(a['sandglass.meter.bias.low']) AS bias_low,
  toFloat64OrZero(a['sandglass.meter.bias.high']) AS bias_high,
  toUInt32OrZero(a['sandglass.meter.samples']) AS samples,
  toFloat64OrZero(a['sandglass.meter.tolerance']) AS tolerance,
  a['sandglass.meter.calibrated'] = 'true' AS calibrated,
  a['sandglass.actor.id'] AS actor_id,
  a['sandglass.reason'] AS reason,
  a['sandglass.ticket'] AS ticket
FROM sandglass_local.otel_logs
WHERE EventName = 'sandglass.meter.verified';

-- The newest word on each instance type.
CREATE OR REPLACE VIEW sandglass.meter_calibrations ON CLUSTER 'sandglass' AS
SELECT
  tenant_id,
  instance_type,
  max(v.time) AS verified_at,
  argMax(v.bias, v.time) AS bias,
  argMax(v.bias_low, v.time) AS bias_low,
  argMax(v.bias_high, v.time) AS bias_high,
  argMax(v.samples, v.time) AS samples,
  argMax(v.tolerance, v.time) AS tolerance,
  argMax(v.calibrated, v.time) AS calibrated
FROM sandglass.meter_verifications AS v
GROUP BY tenant_id, instance_type;

-- 0022_task_spend.sql

-- What tasks cost, with what each task is: also for its share of an interval that was reported under another task, which charges
-- and the spend rollups leave without class and agent. The view that makes charges cannot fill them: what it would have to read
-- (the other task's start) may come later or in another insert, and then two copies of one insert would differ.
CREATE OR REPLACE VIEW sandglass.task_spend ON CLUSTER 'sandglass' AS
SELECT
  s.tenant_id AS tenant_id,
  s.week AS week,
  s.task_id AS task_id,
  t.team_id AS team_id,
  t.user_id AS user_id,
  t.task_class AS task_class,
  t.trust_tier AS trust_tier,
  t.agent_name AS agent_name,
  s.sku AS sku,
  s.unit AS unit,
  s.quantity AS quantity,
  s.cost_usd AS cost_usd,
  s.charges AS charges
FROM (
  SELECT
    tenant_id,
    week,
    task_id,
    sku,
    unit,
    sum(p.quantity) AS quantity,
    sum(p.cost_usd) AS cost_usd,
    sum(p.charges) AS charges
  FROM sandglass.spend_by_task AS p
  GROUP BY tenant_id, week, task_id, sku, unit
) AS s
-- Any: a start that came twice, or a task that was tried again under its id, must not double its cost.
LEFT ANY JOIN (
  SELECT tenant_id, task_id, team_id, user_id, task_class, trust_tier, agent_name FROM sandglass.task_starts WHERE task_id != ''
) AS t ON t.tenant_id = s.tenant_id AND t.task_id = s.task_id;
