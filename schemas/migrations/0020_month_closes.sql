-- Months that were closed. A close is a set of lines and the event that ends it; without all of its lines it does not count.
CREATE TABLE IF NOT EXISTS month_lines (
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
ENGINE = MergeTree
-- A few hundred rows a month, asked for by month. No TTL and no partitions: what was invoiced inside the company stays.
ORDER BY (tenant_id, month, close_id, team_id, sku)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS month_lines_mv TO month_lines AS
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
FROM otel_logs
WHERE EventName = 'sandglass.month.line.closed';

CREATE TABLE IF NOT EXISTS month_closes (
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
ENGINE = MergeTree
-- One row a month, or two when two people closed at once. No TTL: without its cutoff a month would open again.
ORDER BY (tenant_id, month, close_id)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS month_closes_mv TO month_closes AS
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
FROM otel_logs
WHERE EventName = 'sandglass.month.closed';

-- One row per closed month: the first close that is whole. A second one changes nothing.
CREATE OR REPLACE VIEW closed_months AS
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
FROM month_closes AS c
WHERE c.lines = 0 OR (c.tenant_id, c.month, c.close_id, c.lines) IN (
  SELECT tenant_id, month, close_id, uniqExact(team_id, sku) FROM month_lines GROUP BY tenant_id, month, close_id
)
GROUP BY tenant_id, month;

-- What each team owes for a closed month; a line that came twice counts once.
CREATE OR REPLACE VIEW closed_month_lines AS
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
FROM month_lines AS l
WHERE (l.tenant_id, l.month, l.close_id) IN (SELECT tenant_id, month, close_id FROM closed_months)
GROUP BY tenant_id, month, team_id, sku;

-- Charges as the books have them: what came after its month was closed is booked when it came.
CREATE OR REPLACE VIEW booked_charges AS
SELECT
  c.*,
  ifNull(m.cutoff, toDateTime64(0, 3, 'UTC')) AS closed_from,
  closed_from > toDateTime64(0, 3, 'UTC') AND c.ingested_at >= closed_from AS late,
  if(late, c.ingested_at, c.charge_period_start) AS booked_at
FROM charges AS c
LEFT JOIN closed_months AS m ON m.tenant_id = c.tenant_id AND m.month = toStartOfMonth(c.charge_period_start);
