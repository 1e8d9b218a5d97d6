-- Indicators with their definitions. Each is a view over rollups, at a grain that can be summed further: add the parts first,
-- divide last, or a ratio of a small team weighs as much as that of a large one.

-- The parts: one row per rollup row, so filters on tenant, day, team, user, class and tier reach the rollups' keys.
CREATE OR REPLACE VIEW kpi_parts AS
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
FROM spend_by_day
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
FROM tasks_by_hour
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
FROM usage_by_hour;

-- Per day, team, class and tier.
-- cpu_s_per_success: active CPU seconds of all work, failed work included, for each task that succeeded.
-- cost_usd_per_success: the same of money.
-- success_rate: successes among finished tasks.
-- retry_cost_share: share of money that went to attempts after the first.
-- allocation_coverage: share of money that has a team and, unless nothing ran, a task.
CREATE OR REPLACE VIEW kpi_daily AS
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
FROM kpi_parts AS p
GROUP BY tenant_id, day, team_id, task_class, trust_tier;

-- Idle cost per day and team: provisioned cost (memory, disk, Durable Object) times the share of the metered time in which
-- nothing ran; waiting for a model or a person is not idle. unused_cost_usd is the stricter part: intervals without any task.
CREATE OR REPLACE VIEW kpi_idle_cost AS
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
FROM kpi_parts AS p
GROUP BY tenant_id, day, team_id;

-- Task time per day, class and tier, from start to finish as the task said, suspension included; quantiles within 1 %.
CREATE OR REPLACE VIEW kpi_task_time AS
SELECT
  tenant_id, toDate(hour) AS day, team_id, task_class, trust_tier,
  sum(t.finished) AS finished,
  quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(t.duration) AS quantiles_s,
  quantiles_s[1] AS p50_s,
  quantiles_s[2] AS p95_s,
  quantiles_s[3] AS p99_s
FROM tasks_by_hour AS t
WHERE outcome != ''
GROUP BY tenant_id, day, team_id, task_class, trust_tier;

-- Resumes per day and team. An attempt counts once, by its id; it succeeded when a restore of it did. A restore without an
-- attempt id is an attempt of its own.
CREATE OR REPLACE VIEW kpi_resume AS
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
  FROM snapshots AS s
  WHERE kind = 'restored'
  GROUP BY tenant_id, day, team_id, trust_tier, attempt
) AS r
GROUP BY tenant_id, day, team_id, trust_tier;

-- One row per change that was merged. cost_usd: what its tasks cost, each by its share (equal parts unless stated).
CREATE OR REPLACE VIEW change_costs AS
WITH costs AS (
  SELECT tenant_id, task_id, sum(s.cost_usd) AS cost_usd FROM spend_by_task AS s WHERE task_id != '' GROUP BY tenant_id, task_id
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
    FROM changes AS h
    GROUP BY tenant_id, repository_url, change_id
    HAVING merged_at IS NOT NULL
  ) AS g
  ARRAY JOIN arrayMap((id, n) -> (id, if(length(g.shares) = length(g.ids), g.shares[n], 1 / length(g.ids))), g.ids, arrayEnumerate(g.ids)) AS pair
) AS l
LEFT JOIN costs AS c ON c.tenant_id = l.tenant_id AND c.task_id = l.task_id
GROUP BY tenant_id, repository_url, change_id;

-- Cost per merged pull request, per day and team: all that the team spent that day over the changes that were merged that day
-- and still stand. Reverted work stays in the numerator and leaves the denominator.
CREATE OR REPLACE VIEW kpi_merged_change_cost AS
SELECT
  tenant_id, day, team_id,
  sum(p.cost_usd) AS cost_usd,
  sum(p.merged) AS merged,
  toFloat64(cost_usd) / nullIf(merged, 0) AS cost_usd_per_merged_change
FROM (
  SELECT tenant_id, day, team_id, cost_usd, toUInt64(0) AS merged FROM spend_by_day
  UNION ALL
  SELECT tenant_id, toDate(assumeNotNull(merged_at)) AS day, team_id, toDecimal128(0, 12) AS cost_usd, toUInt64(1) AS merged
  FROM (
    SELECT
      tenant_id, repository_url, change_id,
      max(h.team_id) AS team_id,
      minIf(toNullable(h.time), h.kind = 'merged') AS merged_at,
      countIf(h.kind = 'reverted') AS reverts
    FROM changes AS h
    GROUP BY tenant_id, repository_url, change_id
    HAVING merged_at IS NOT NULL AND reverts = 0
  )
) AS p
GROUP BY tenant_id, day, team_id;

-- Peaks against the instance profile: below half of memory and disk, and of the CPU on average, a smaller instance would do.
-- A type of its own size has no profile here: its shares are NULL.
CREATE OR REPLACE VIEW kpi_right_sizing AS
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
FROM usage_by_hour AS u
GROUP BY tenant_id, day, team_id, task_class, instance_type;

-- Active CPU seconds per successful task without failed work: only what successful tasks themselves used, by the week of their
-- end; what a task used the week before is left out. Reads every task of the weeks asked for: give tenant_id and week.
CREATE OR REPLACE VIEW kpi_cpu_of_successes AS
SELECT
  t.tenant_id AS tenant_id,
  t.week AS week,
  t.task_class AS task_class,
  count() AS succeeded,
  sum(toFloat64(c.cpu_s)) AS cpu_s,
  cpu_s / succeeded AS cpu_s_per_success
FROM (
  SELECT tenant_id, task_id, week, max(s.task_class) AS task_class, max(s.finish).2 AS outcome
  FROM task_states AS s
  GROUP BY tenant_id, task_id, week
  HAVING outcome = 'success'
) AS t
LEFT JOIN (
  SELECT tenant_id, task_id, week, sum(q.quantity) AS cpu_s FROM spend_by_task AS q WHERE sku = 'container.cpu' GROUP BY tenant_id, task_id, week
) AS c ON c.tenant_id = t.tenant_id AND c.task_id = t.task_id AND c.week = t.week
GROUP BY tenant_id, week, task_class;
