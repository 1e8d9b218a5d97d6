-- What tasks cost, with what each task is: also for its share of an interval that was reported under another task, which charges
-- and the spend rollups leave without class and agent. The view that makes charges cannot fill them: what it would have to read
-- (the other task's start) may come later or in another insert, and then two copies of one insert would differ.
CREATE OR REPLACE VIEW task_spend AS
SELECT
  s.tenant_id AS tenant_id,
  s.week AS week,
  s.task_id AS task_id,
  t.team_id AS team_id,
  t.user_id AS user_id,
  t.task_class AS task_class,
  t.trust_tier AS trust_tier,
  t.agent_name AS agent_name,
  s.sku AS sku,
  s.unit AS unit,
  s.quantity AS quantity,
  s.cost_usd AS cost_usd,
  s.charges AS charges
FROM (
  SELECT
    tenant_id,
    week,
    task_id,
    sku,
    unit,
    sum(p.quantity) AS quantity,
    sum(p.cost_usd) AS cost_usd,
    sum(p.charges) AS charges
  FROM spend_by_task AS p
  GROUP BY tenant_id, week, task_id, sku, unit
) AS s
-- Any: a start that came twice, or a task that was tried again under its id, must not double its cost.
LEFT ANY JOIN (
  SELECT tenant_id, task_id, team_id, user_id, task_class, trust_tier, agent_name FROM task_starts WHERE task_id != ''
) AS t ON t.tenant_id = s.tenant_id AND t.task_id = s.task_id;
