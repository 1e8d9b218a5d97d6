-- The hash chain of each sandbox: every audit event's place in it. Gaps, forks and broken links show in the view.
CREATE TABLE IF NOT EXISTS audit_links (
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
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
-- A chain lies in order.
ORDER BY (tenant_id, sandbox_id, audit_epoch, audit_sequence)
TTL toDateTime(time) + INTERVAL 400 DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 100000, string_serialization_version = 'single_stream';

CREATE MATERIALIZED VIEW IF NOT EXISTS audit_links_mv TO audit_links AS
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
FROM otel_logs
WHERE EventName != '' AND audit_epoch != '';

-- One row per chain. gaps: sequence numbers that never came. forks: numbers with more than one hash. broken_links:
-- neighbours whose hashes do not meet. An event that came twice counts once. Filter by tenant_id and sandbox_id.
CREATE OR REPLACE VIEW audit_chain AS
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
  FROM audit_links AS k
  GROUP BY tenant_id, sandbox_id, audit_epoch, audit_sequence
) AS l
GROUP BY tenant_id, sandbox_id, audit_epoch;
