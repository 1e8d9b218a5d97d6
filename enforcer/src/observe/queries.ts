/** What the enforcer reads beside spend. Each row is parsed before it is believed. */
import { z } from 'zod'

export interface ReadQuery<T> {
  readonly name: string
  readonly sql: string
  readonly row: z.ZodType<T>
}

const query = <T>(name: string, row: z.ZodType<T>, ...lines: readonly string[]): ReadQuery<T> => ({
  name,
  row,
  sql: lines.join('\n'),
})

const ms = z.coerce.number()
const text = z.string()

/** "Everything acknowledged before T is queryable": the minimum over the tenant's row and the one for all. */
export const watermarkQuery = query(
  'watermark',
  z.looseObject({ watermarkMs: z.nullable(ms) }),
  'SELECT if(count() = 0, NULL, toUnixTimestamp64Milli(min(watermark))) AS watermarkMs',
  "FROM ingest_watermark WHERE tenant_id IN ({tenantId:String}, '*')",
)

/**
 * Sandboxes seen within a day, live or not: context, and since when their state is what it is. Which they are is found in the weeks
 * that cover the day; only their rows are put together, from every week: whose a sandbox is may have been said long ago.
 */
export const sandboxesQuery = query(
  'sandboxes',
  z.looseObject({
    sandbox: text,
    team: text,
    cost_center: text,
    user: text,
    agent: text,
    repository: text,
    environment: text,
    class: text,
    tier: text,
    task: text,
    live: z.union([z.boolean(), z.number()]).transform(Boolean),
    stateSinceMs: ms,
    lastActiveMs: ms,
  }),
  'SELECT sandbox_id AS sandbox, team_id AS team, cost_center, user_id AS user, agent_name AS agent,',
  '  repository_url AS repository, environment, task_class AS class, trust_tier AS tier, task_id AS task, live,',
  '  toUnixTimestamp64Milli(toDateTime64(state_since, 3)) AS stateSinceMs,',
  '  toUnixTimestamp64Milli(toDateTime64(last_active_at, 3)) AS lastActiveMs',
  'FROM sandboxes',
  'WHERE tenant_id = {tenantId:String} AND (tenant_id, sandbox_id) IN (',
  '  SELECT tenant_id, sandbox_id FROM sandbox_states',
  '  WHERE tenant_id = {tenantId:String} AND week >= toMonday(now() - INTERVAL 1 DAY) AND last_seen_at > now() - INTERVAL 1 DAY)',
)

/** Overrides of budgets, and pauses of the enforcer, that have not been over for long. */
export const overridesQuery = query(
  'overrides',
  z.looseObject({
    id: text,
    scope: text,
    budget: text,
    policy: text,
    actor: text,
    approver: text,
    reason: text,
    ticket: text,
    grantedAtMs: ms,
    expiresAtMs: ms,
    endedAtMs: z.nullable(ms),
  }),
  'SELECT override_id AS id, scope, budget_id AS budget, policy_id AS policy, actor_id AS actor,',
  '  approver_id AS approver, reason, ticket,',
  '  toUnixTimestamp64Milli(toDateTime64(assumeNotNull(granted_at), 3)) AS grantedAtMs,',
  '  toUnixTimestamp64Milli(assumeNotNull(expires_at)) AS expiresAtMs,',
  '  if(ended_at IS NULL, NULL, toUnixTimestamp64Milli(toDateTime64(assumeNotNull(ended_at), 3))) AS endedAtMs',
  'FROM overrides',
  'WHERE tenant_id = {tenantId:String} AND granted_at IS NOT NULL AND expires_at IS NOT NULL',
  '  AND expires_at > fromUnixTimestamp64Milli({sinceMs:Int64})',
  "  AND (budget_id != '' OR policy_id = {pausePolicy:String})",
)

/** The highest episode is the newest, whatever the clocks of two enforcers say. */
const NEWEST = "(JSONExtractUInt(d.inputs, 'after', 'episode'), d.time)"

/** The latest decision of each subject since a time, with the standing it left. */
export const standingsQuery = query(
  'standings',
  z.looseObject({ budget: text, window: text, scope: text, decisionId: text, inputs: text }),
  'SELECT budget_id AS budget, budget_window AS window, d.scope AS scope,',
  `  argMax(decision_id, ${NEWEST}) AS decisionId, argMax(d.inputs, ${NEWEST}) AS inputs`,
  'FROM budget_decisions AS d',
  'WHERE tenant_id = {tenantId:String} AND time >= fromUnixTimestamp64Milli({sinceMs:Int64})',
  'GROUP BY budget_id, budget_window, d.scope',
)

/** Hash of the budget document that was last said to be in force; empty when none was. */
export const budgetsHashQuery = query(
  'budgets hash',
  z.looseObject({ hash: text }),
  'SELECT argMax(hash_after, time) AS hash FROM config_changes',
  "WHERE tenant_id = {tenantId:String} AND config_kind = 'budget'",
)
