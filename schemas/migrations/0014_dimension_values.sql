-- What the variables of dashboards offer: every value of a dimension, per team, with when it was seen. Never SELECT DISTINCT
-- over raw tables. dimension: team, user, class, tier, agent, model, repository, environment, instance_type, cost_center.
CREATE TABLE IF NOT EXISTS dimension_values (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  dimension LowCardinality(String) CODEC(ZSTD(1)),
  value String CODEC(ZSTD(1)),
  team_id LowCardinality(String) CODEC(ZSTD(1)),
  month Date CODEC(ZSTD(1)),
  first_seen_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
  last_seen_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree
-- Months, so that values nobody used for 13 months leave.
PARTITION BY month
ORDER BY (tenant_id, dimension, value, team_id, month)
TTL month + INTERVAL 13 MONTH
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

-- From the rare events that carry the whole context, starts and state changes; models from their answers.
CREATE MATERIALIZED VIEW IF NOT EXISTS dimension_values_mv TO dimension_values AS
WITH LogAttributesRest AS a
SELECT
  TenantId AS tenant_id,
  pair.1 AS dimension,
  pair.2 AS value,
  TeamId AS team_id,
  toStartOfMonth(Timestamp) AS month,
  toDateTime64(min(Timestamp), 3, 'UTC') AS first_seen_at,
  toDateTime64(max(Timestamp), 3, 'UTC') AS last_seen_at
FROM otel_logs
ARRAY JOIN if(EventName = 'sandglass.inference.measured', [('model', a['gen_ai.request.model'])], [
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
