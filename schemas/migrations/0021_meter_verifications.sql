-- Comparisons of metered CPU with the billing data. Until one holds, money of an instance type is 'uncalibrated'.
CREATE TABLE IF NOT EXISTS meter_verifications (
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
ENGINE = MergeTree
-- A handful of rows a year. No TTL: a label that money carries must be explained later.
ORDER BY (tenant_id, instance_type, time)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS meter_verifications_mv TO meter_verifications AS
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
FROM otel_logs
WHERE EventName = 'sandglass.meter.verified';

-- The newest word on each instance type.
CREATE OR REPLACE VIEW meter_calibrations AS
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
FROM meter_verifications AS v
GROUP BY tenant_id, instance_type;
