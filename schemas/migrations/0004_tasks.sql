-- Tasks. task_states folds the three task events into one row per task, in any order and however often merged;
-- the view tasks reads it. Values never change within a task, so max() stands for "the one that is not empty".
CREATE TABLE IF NOT EXISTS task_states (
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
ENGINE = AggregatingMergeTree
-- Weeks, so that a list of recent tasks reads two of them.
PARTITION BY week
-- One task is one read.
ORDER BY (tenant_id, task_id, week)
TTL week + INTERVAL 25 MONTH
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS task_states_mv TO task_states AS
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
FROM otel_logs
WHERE EventName IN ('sandglass.task.started', 'sandglass.task.heartbeat', 'sandglass.task.finished') AND TaskId != ''
GROUP BY tenant_id, task_id, week;

-- One row per task. outcome is the event's, or 'lost' when no heartbeat came for its time to live (60 s unless stated) up to
-- the ingest watermark, or 'running'. A suspended task that shows life again is running. Filter by tenant_id and task_id.
CREATE OR REPLACE VIEW tasks AS
WITH (SELECT if(count() = 0, now64(9), least(min(watermark), now64(9))) FROM ingest_watermark) AS known_until
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
FROM task_states AS s
GROUP BY tenant_id, task_id;

-- When each task started, in order of time: the latest tasks are read from its end, then asked for by id from tasks.
CREATE TABLE IF NOT EXISTS task_starts (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  time DateTime64(9, 'UTC') CODEC(GCD, Delta(8), ZSTD(1)),
  task_id String CODEC(ZSTD(1)),
  team_id LowCardinality(String) CODEC(ZSTD(1)),
  user_id LowCardinality(String) CODEC(ZSTD(1)),
  task_class LowCardinality(String) CODEC(ZSTD(1)),
  trust_tier LowCardinality(String) CODEC(ZSTD(1)),
  agent_name LowCardinality(String) CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toMonday(time)
-- Time first: the newest are the last rows of the last part.
ORDER BY (tenant_id, time)
TTL toDateTime(time) + INTERVAL 25 MONTH
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS task_starts_mv TO task_starts AS
SELECT
  TenantId AS tenant_id,
  Timestamp AS time,
  TaskId AS task_id,
  TeamId AS team_id,
  UserId AS user_id,
  TaskClass AS task_class,
  TrustTier AS trust_tier,
  AgentName AS agent_name
FROM otel_logs
WHERE EventName = 'sandglass.task.started' AND TaskId != '';

-- The 200 tasks that started last within two days, of each tenant.
CREATE OR REPLACE VIEW latest_tasks AS
SELECT t.*
FROM tasks AS t
WHERE (t.tenant_id, t.task_id) IN (
  SELECT tenant_id, task_id FROM task_starts WHERE time > now64(9) - INTERVAL 2 DAY ORDER BY time DESC LIMIT 200 BY tenant_id
);

-- Starts and outcomes per hour: what overviews read. duration is a sketch with 1 % relative error that merges in any order.
CREATE TABLE IF NOT EXISTS tasks_by_hour (
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
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
-- Time first: a dashboard reads its range and no more.
ORDER BY (tenant_id, hour, team_id, user_id, task_class, trust_tier, agent_name, outcome, outcome_source)
TTL hour + INTERVAL 25 MONTH
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS tasks_by_hour_mv TO tasks_by_hour AS
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
FROM otel_logs
WHERE EventName IN ('sandglass.task.started', 'sandglass.task.finished')
GROUP BY tenant_id, hour, team_id, user_id, task_class, trust_tier, agent_name, outcome, outcome_source;
