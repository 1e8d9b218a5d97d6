-- "Everything acknowledged before this time is queryable": one row per collector, worker and tenant, written by the
-- collector at every shipped segment and when idle. tenant_id '*' speaks for every tenant of that worker.
-- A collector that stops in good order says so with state = 'stopped', and no longer holds readers back.
CREATE TABLE IF NOT EXISTS watermarks (
  collector_id String,
  worker UInt32,
  tenant_id LowCardinality(String),
  watermark DateTime64(3, 'UTC'),
  state LowCardinality(String) DEFAULT 'running',
  updated_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
-- The last word of each worker wins.
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (tenant_id, collector_id, worker)
-- A collector that died and never came back holds readers back until an operator retires it, or for a week.
TTL toDateTime(updated_at) + INTERVAL 7 DAY
SETTINGS index_granularity = 256;

-- The minimum that readers stop at, per tenant of the table. A reader of one tenant takes the minimum of its row and '*'.
CREATE OR REPLACE VIEW ingest_watermark AS
SELECT
  tenant_id,
  if(countIf(state != 'stopped') = 0, max(watermark), minIf(watermark, state != 'stopped')) AS watermark,
  min(updated_at) AS updated_at,
  countIf(state != 'stopped') AS workers
FROM (SELECT tenant_id, watermark, state, updated_at FROM watermarks FINAL)
GROUP BY tenant_id;
