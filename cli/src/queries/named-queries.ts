/** Queries that people ask during an incident, by name. Parameters are ClickHouse's own: {name:Type}. */

export interface NamedQuery {
  readonly name: string
  readonly says: string
  readonly params: readonly string[]
  readonly sql: string
}

const define = (name: string, says: string, sql: string): NamedQuery => ({
  name,
  says,
  sql,
  params: [...new Set([...sql.matchAll(/\{(\w+):/g)].map((m) => m[1] ?? ''))],
})

export const namedQueries: readonly NamedQuery[] = [
  define(
    'tasks',
    'the latest tasks with their outcome',
    `SELECT started_at, task_id, task_class, trust_tier, team_id, user_id, agent_name, outcome, outcome_source, duration_s
     FROM latest_tasks ORDER BY started_at DESC LIMIT 50`,
  ),
  define(
    'sandboxes',
    'sandboxes that live, and what they do',
    `SELECT sandbox_id, sandbox_name, state, cause, team_id, user_id, task_id, instance_type, last_active_at
     FROM live_sandboxes ORDER BY last_active_at DESC LIMIT 200`,
  ),
  define(
    'spend',
    'spend of the last 24 hours, in whole hours, by team, class and SKU',
    `SELECT team_id, task_class, sku, sum(s.quantity) AS quantity, any(unit) AS unit, sum(s.cost_usd) AS cost_usd
     FROM spend_by_hour AS s WHERE hour >= now() - INTERVAL 1 DAY
     GROUP BY team_id, task_class, sku ORDER BY cost_usd DESC LIMIT 200`,
  ),
  define(
    'file-history',
    'who changed a file, by which command and prompt',
    `SELECT time, operation, path, category, attribution, command_line, prompt_id, tool_name, agent_name, user_id, task_id
     FROM file_mutations WHERE path LIKE {path:String} ORDER BY time DESC LIMIT 200`,
  ),
  define(
    'prompt-effects',
    'every command and file that a prompt led to',
    `SELECT time, kind, tool_name, if(kind = 'file', concat(file_operation, ' ', path), command_line) AS effect, exit_code, cpu_s
     FROM lineage WHERE prompt_id = {prompt:String} ORDER BY time, audit_sequence LIMIT 1000`,
  ),
  define(
    'secrets',
    'secret accesses of the last 24 hours, allowed and denied',
    `SELECT time, secret_name, outcome, channel, detection, rule, team_id, user_id, agent_name, task_id, prompt_id
     FROM secret_accesses WHERE kind = 'accessed' AND time >= now() - INTERVAL 1 DAY ORDER BY time DESC LIMIT 200`,
  ),
  define(
    'overrides',
    'policy and budget overrides: who, why, until when',
    `SELECT granted_at, override_id, scope, budget_id, policy_id, actor_id, approver_id, reason, ticket, expires_at, end_cause, active
     FROM overrides ORDER BY granted_at DESC LIMIT 100`,
  ),
  define(
    'decisions',
    'the latest changes of a budget verdict',
    `SELECT time, budget_id, scope, spend, spend_limit, verdict_before, verdict, reason, mode, decision_id
     FROM budget_decisions WHERE verdict != verdict_before ORDER BY time DESC LIMIT 100`,
  ),
  define(
    'actions',
    'what the enforcer did, to what, and how it went',
    `SELECT time, action, target, result, budget_id, verdict, verdict_reason, error_message, snapshot_id, decision_id
     FROM budget_actions ORDER BY time DESC LIMIT 100`,
  ),
  define(
    'watermark',
    'how far each collector has stored what it acknowledged',
    'SELECT * FROM ingest_watermark',
  ),
]
