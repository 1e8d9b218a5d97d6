/** The queries behind `sandglass task`. Each reads one task through its id and the hours it can lie in. */

/** What happened around the start is up to an hour older than it; what came of the task, up to a day younger than its last sign. */
const FIRST = `parseDateTime64BestEffort({from:String}, 9) - INTERVAL 1 HOUR`
const LAST = `(SELECT greatest(ifNull(max(alive_at), max(finish).at), max(finish).at) + INTERVAL 1 DAY
    FROM task_states WHERE tenant_id = {tenant:String} AND task_id = {task:String})`

const within = (column: string): string => `${column} >= ${FIRST} AND ${column} <= ${LAST}`

const OF_TASK = `tenant_id = {tenant:String} AND task_id = {task:String} AND ${within('time')}`

export const taskSql = `
SELECT tenant_id, task_id, task_class, trust_tier, team_id, user_id, actor_type, agent_name, sandbox_id, trace_id,
  repository_url, attempt, started_at, finished_at, outcome,
  outcome_source, error_type, error_message, duration_s
FROM tasks
WHERE task_id = {task:String}
LIMIT 2`

export const toolsSql = `
SELECT tool_name, tool_call_id, parent_tool_call_id, prompt_id, time, duration_ns / 1e9 AS duration_s,
  is_error, error_type
FROM tool_edges
WHERE ${OF_TASK}
ORDER BY tool_edges.time, depth`

/** Charges lie by the start of their period, not by the time of the event that made them. */
const CHARGES_OF_TASK = `tenant_id = {tenant:String} AND task_id = {task:String}
  AND ${within('charge_period_start')}`

/** One row per step, whatever its kind; ordered by time, then by the place in the audit chain. */
export const timelineSql = `
SELECT toString(at) AS time, toUInt32(sequence) AS sequence, kind, text, outcome, prompt_id, tool_call_id, actor
FROM (
  SELECT time AS at, audit_sequence AS sequence, toString(kind) AS kind,
    multiIf(
      kind = 'prompt', concat(prompt_source, ' prompt ', prompt_id, if(model = '', '', concat(' to ', model)),
        if(prompt_hash = '', '', concat(' (text hash ', substring(prompt_hash, 1, 12), ')'))),
      kind = 'command', concat(command_line, if(working_directory = '', '', concat('  in ', working_directory))),
      concat(file_operation, ' ', path, ' (', file_category, ', ', file_attribution, ')',
        if(command_line = '', '', concat(' by ', command_line)))
    ) AS text,
    multiIf(
      kind != 'command', '',
      kill_signal IS NOT NULL, concat('killed by signal ', toString(kill_signal)),
      exit_code IS NOT NULL, concat('exit ', toString(exit_code), ', cpu ', toString(toFloat64(cpu_s)), ' s',
        if(cpu_shared, ' (shared)', '')),
      error_type) AS outcome,
    prompt_id, tool_call_id, if(actor_id = '', toString(user_id), actor_id) AS actor
  FROM lineage WHERE ${OF_TASK}
  UNION ALL
  SELECT time, audit_sequence, 'secret', concat(kind, ' ', secret_name, ' through ', channel,
      if(rule = '', '', concat(' (rule ', rule, ')'))),
    outcome, prompt_id, tool_call_id, if(actor_id = '', toString(user_id), actor_id)
  FROM secret_accesses WHERE ${OF_TASK}
  UNION ALL
  SELECT time, audit_sequence, 'policy',
    multiIf(
      kind = 'evaluated', concat(policy_id, ' rule ', rule, ' on ', subject_kind, ' ', subject,
        if(override_id = '', '', concat(', override ', override_id))),
      kind = 'overridden', concat(actor_id, ' overrode ', if(policy_id = '', concat('budget ', budget_id), policy_id),
        if(rule = '', '', concat(' rule ', rule)), ' for ', override_scope, ' until ', toString(expires_at),
        ', ticket ', ticket, ': ', reason, if(approver_id = '', '', concat(' (approved by ', approver_id, ')'))),
      kind = 'override_ended', concat('override ', override_id, ' ended by ', override_end_cause),
      concat('promotion ', promotion_decision)),
    if(kind = 'evaluated', concat(verdict, ', ', action), ''), prompt_id, tool_call_id,
    if(actor_id = '', toString(user_id), actor_id)
  FROM policy_events WHERE ${OF_TASK}
  UNION ALL
  SELECT time, audit_sequence, 'sandbox', concat('sandbox ', state, if(cause = '', '', concat(' (', cause, ')')),
      if(reason = '', '', concat(': ', reason))),
    error_type, prompt_id, tool_call_id, actor_id
  FROM lifecycle_events WHERE ${OF_TASK}
  UNION ALL
  SELECT time, audit_sequence, 'action', concat(action, ' ', target, ' for budget ', budget_id, ': ', verdict_reason,
      if(ticket = '', '', concat(', ticket ', ticket))),
    result, prompt_id, tool_call_id, if(actor_id = '', toString(enforcer_id), actor_id)
  FROM budget_actions
  WHERE tenant_id = {tenant:String} AND ${within('time')}
    AND (task_id = {task:String} OR (sandbox_id = {sandbox:String} AND sandbox_id != ''))
)
ORDER BY at, sequence
LIMIT 5000`

export const costSql = `
SELECT sku, toString(sum(quantity)) AS quantity, any(unit) AS unit, toString(sum(c.cost_usd)) AS cost_usd,
  groupUniqArray(toString(price_version)) AS price_versions
FROM charges AS c
WHERE ${CHARGES_OF_TASK}
GROUP BY sku
ORDER BY sum(c.cost_usd) DESC`

export const totalsSql = `
SELECT toString(sum(c.cost_usd)) AS cost_usd,
  toString(sumIf(quantity, sku = 'container.cpu')) AS cpu_s,
  count() > 0 AND countIf(toString(instance_type) NOT IN (
    SELECT toString(instance_type) FROM meter_calibrations WHERE tenant_id = {tenant:String} AND calibrated
  )) = 0 AS calibrated
FROM charges AS c
WHERE ${CHARGES_OF_TASK}`
