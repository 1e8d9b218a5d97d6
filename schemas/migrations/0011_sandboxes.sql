-- Latest known context of each sandbox. Each group of facts is a tuple that begins with (time, audit sequence), so that the
-- maximum is the newest: the Worker clock freezes between I/O, and the sequence decides among equal times.
CREATE TABLE IF NOT EXISTS sandbox_states (
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
ENGINE = AggregatingMergeTree
-- Weeks, so that live sandboxes are found in the last two.
PARTITION BY week
ORDER BY (tenant_id, sandbox_id, week)
TTL week + INTERVAL 400 DAY
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

-- Owner and instance come from starts and state changes, the running task from task events: comparing tuples is dear, and the
-- many other events of a sandbox only move its times.
CREATE MATERIALIZED VIEW IF NOT EXISTS sandbox_states_mv TO sandbox_states AS
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
FROM otel_logs
WHERE SandboxId != '' AND EventName IN (
  'sandglass.task.started', 'sandglass.task.heartbeat', 'sandglass.task.finished', 'sandglass.inference.measured',
  'sandbox.usage.measured', 'sandbox.lifecycle.changed', 'sandbox.file.mutated', 'sandbox.debug.opened', 'sandbox.debug.closed'
)
GROUP BY tenant_id, sandbox_id, week;

-- One row per sandbox. live: its last state is not one in which it stands still. task_id is empty when no task runs.
CREATE OR REPLACE VIEW sandboxes AS
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
FROM sandbox_states AS s
GROUP BY tenant_id, sandbox_id;

-- Sandboxes that stand, of this week and the one before: what the enforcer reads every second.
CREATE OR REPLACE VIEW live_sandboxes AS
SELECT s.*
FROM sandboxes AS s
WHERE s.live AND (s.tenant_id, s.sandbox_id) IN (
  SELECT tenant_id, sandbox_id FROM sandbox_states WHERE week >= toMonday(now('UTC')) - 7
);
