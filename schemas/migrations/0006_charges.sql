-- Money. One charge per SKU, interval and task; never updated: a correction is a row of its own with kind = 'correction'.
-- cost_usd is the estimate at the price book's list prices, exact to nano-USD; it is not what the provider bills.
CREATE TABLE IF NOT EXISTS charges (
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
ENGINE = MergeTree
PARTITION BY toYYYYMM(charge_period_start)
-- A window reads its hours; within them a sandbox's charges lie in order, and a charge that came twice lies beside itself.
ORDER BY (tenant_id, toStartOfHour(charge_period_start), sandbox_id, charge_period_start, sku, task_id)
PRIMARY KEY (tenant_id, toStartOfHour(charge_period_start), sandbox_id)
TTL toDateTime(charge_period_start) + INTERVAL 25 MONTH
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

-- Class, tier, agent and prompt of an event are those of its own task; another task's charge leaves them empty rather than wrong.
CREATE MATERIALIZED VIEW IF NOT EXISTS charges_mv TO charges AS
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
FROM otel_logs
ARRAY JOIN
  Charges.TaskId AS charge_task,
  Charges.Sku AS charge_sku,
  Charges.Unit AS charge_unit,
  Charges.Quantity AS charge_quantity,
  Charges.CostUsd AS charge_cost_usd
WHERE EventName IN ('sandbox.usage.measured', 'sandglass.inference.measured');

-- A correction carries the period and context of what it corrects, so that every cut of spend moves with it.
CREATE MATERIALIZED VIEW IF NOT EXISTS charge_corrections_mv TO charges AS
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
FROM otel_logs
WHERE EventName = 'sandglass.charge.corrected';

-- What came more than once: the same charge id, not counting corrections. Each row is money to correct.
CREATE OR REPLACE VIEW duplicate_charges AS
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
FROM charges AS c
WHERE kind != 'correction'
GROUP BY tenant_id, sandbox_id, source_key, task_id, sku
HAVING copies > 1;
