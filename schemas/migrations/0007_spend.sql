-- Spend rollups, fed by charges in the same insert: every cut sums to the same nano-USD. All three times carry the same
-- dimensions, so a budget's scope is a WHERE and its window picks the coarsest table that fits.

-- Burn rates and the edges of rolling windows: kept for 62 days.
CREATE TABLE IF NOT EXISTS spend_by_minute (
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
ENGINE = AggregatingMergeTree
PARTITION BY toMonday(minute)
-- Time first: a window reads its minutes and no more.
ORDER BY (tenant_id, minute, team_id, cost_center, user_id, agent_name, model, repository_url, environment, task_class, trust_tier, allocation, is_retry, sku, unit)
TTL minute + INTERVAL 62 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS spend_by_minute_mv TO spend_by_minute AS
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
FROM charges AS c
GROUP BY tenant_id, minute, team_id, cost_center, user_id, agent_name, model, repository_url, environment, task_class, trust_tier, allocation, is_retry, sku, unit;

-- Calendar windows in any time zone with whole hours, and dashboards up to a month.
CREATE TABLE IF NOT EXISTS spend_by_hour (
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
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
-- Time first: a dashboard reads its range and no more.
ORDER BY (tenant_id, hour, team_id, cost_center, user_id, agent_name, model, repository_url, environment, task_class, trust_tier, allocation, is_retry, sku, unit)
TTL hour + INTERVAL 25 MONTH
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS spend_by_hour_mv TO spend_by_hour AS
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
FROM charges AS c
GROUP BY tenant_id, hour, team_id, cost_center, user_id, agent_name, model, repository_url, environment, task_class, trust_tier, allocation, is_retry, sku, unit;

-- UTC days: long ranges.
CREATE TABLE IF NOT EXISTS spend_by_day (
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
ENGINE = AggregatingMergeTree
PARTITION BY toYear(day)
-- Time first: a dashboard reads its range and no more.
ORDER BY (tenant_id, day, team_id, cost_center, user_id, agent_name, model, repository_url, environment, task_class, trust_tier, allocation, is_retry, sku, unit)
TTL day + INTERVAL 25 MONTH
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS spend_by_day_mv TO spend_by_day AS
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
FROM charges AS c
GROUP BY tenant_id, day, team_id, cost_center, user_id, agent_name, model, repository_url, environment, task_class, trust_tier, allocation, is_retry, sku, unit;

-- What tasks cost; the empty task is idle and unallocated spend. Sum over weeks.
CREATE TABLE IF NOT EXISTS spend_by_task (
  tenant_id LowCardinality(String) CODEC(ZSTD(1)),
  week Date CODEC(ZSTD(1)),
  task_id String CODEC(ZSTD(1)),
  sku LowCardinality(String) CODEC(ZSTD(1)),
  unit LowCardinality(String) CODEC(ZSTD(1)),
  quantity SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(ZSTD(1)),
  cost_usd SimpleAggregateFunction(sum, Decimal(38, 12)) CODEC(ZSTD(1)),
  charges SimpleAggregateFunction(sum, UInt64) CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY week
-- One task is one read.
ORDER BY (tenant_id, task_id, week, sku, unit)
TTL week + INTERVAL 25 MONTH
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS spend_by_task_mv TO spend_by_task AS
SELECT
  tenant_id,
  toMonday(charge_period_start) AS week,
  task_id,
  sku,
  unit,
  sum(c.quantity) AS quantity,
  sum(c.cost_usd) AS cost_usd,
  count() AS charges
FROM charges AS c
GROUP BY tenant_id, week, task_id, sku, unit;

-- Per sandbox and hour: the FOCUS export, reconciliation with the provider, budgets on one sandbox.
CREATE TABLE IF NOT EXISTS spend_by_sandbox (
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
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
-- Time first: exports and reconciliations go by day.
ORDER BY (tenant_id, hour, sandbox_id, team_id, cost_center, user_id, instance_type, region, environment, model, sku, unit)
TTL hour + INTERVAL 25 MONTH
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS spend_by_sandbox_mv TO spend_by_sandbox AS
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
FROM charges AS c
GROUP BY tenant_id, hour, sandbox_id, team_id, cost_center, user_id, instance_type, region, environment, model, sku, unit;
