/**
 * What this collector knows of sandboxes: from the events that pass by, and from ClickHouse, where those that passed other
 * collectors end up. Owner and instance are taken from any event, the running task from the events of tasks alone, since
 * several tasks may run in one sandbox.
 */
import { event } from '@sandglass/schemas/semconv'
import { unknownContext, type SandboxContext, type SandboxNews, type Sandboxes } from './sandbox-context.ts'

/** Sandboxes remembered, about 300 bytes each; beyond it those that were heard of least recently are forgotten. */
const SANDBOXES_MAX = 100_000
/** So long an event is believed before ClickHouse, which is behind, ms. */
const FRESH_MS = 60_000

/** A row of `sandboxesQuery`. */
export interface SandboxRow extends SandboxContext {
  readonly tenantId: string
  readonly sandboxId: string
}

/**
 * Sandboxes of which something happened after `sinceMs` (Unix time, ms), the newest last, so that they are remembered longest.
 * Which they are is found in the weeks since then; only their rows are put together, from every week: whose a sandbox is may
 * have been said long ago.
 */
export const sandboxesQuery = `
  SELECT tenant_id AS tenantId, sandbox_id AS sandboxId, team_id AS teamId, user_id AS userId, task_id AS taskId,
    task_class AS taskClass, trust_tier AS tier, instance_type AS instanceType
  FROM sandboxes
  WHERE (tenant_id, sandbox_id) IN (
    SELECT tenant_id, sandbox_id FROM sandbox_states
    WHERE week >= toMonday(fromUnixTimestamp64Milli({sinceMs: Int64}, 'UTC'))
      AND last_seen_at > fromUnixTimestamp64Milli({sinceMs: Int64}, 'UTC')
    GROUP BY tenant_id, sandbox_id
    ORDER BY max(last_seen_at) DESC
    LIMIT ${SANDBOXES_MAX})
  ORDER BY last_seen_at`

export interface SandboxRegistry extends Sandboxes {
  learn(news: SandboxNews): void
  /** Takes over what ClickHouse knows, except of sandboxes of which an event was heard within the last minute. */
  refresh(rows: Iterable<SandboxRow>): void
  readonly size: number
}

interface Known {
  readonly context: SandboxContext
  readonly heardAtMs: number
}

export function createSandboxRegistry(nowMs: () => number, sandboxesMax = SANDBOXES_MAX): SandboxRegistry {
  const known = new Map<string, Known>()
  const remember = (key: string, context: SandboxContext, heardAtMs: number): void => {
    known.delete(key)
    known.set(key, { context, heardAtMs })
    if (known.size <= sandboxesMax) return
    for (const oldest of known.keys()) {
      known.delete(oldest)
      break
    }
  }
  return {
    find: (tenantId, sandboxId) => known.get(keyOf(tenantId, sandboxId))?.context,
    learn(news) {
      const key = keyOf(news.tenantId, news.sandboxId)
      remember(key, afterNews(known.get(key)?.context ?? unknownContext, news), nowMs())
    },
    refresh(rows) {
      const believedMs = nowMs() - FRESH_MS
      for (const { tenantId, sandboxId, ...context } of rows) {
        const key = keyOf(tenantId, sandboxId)
        const before = known.get(key)
        if (before === undefined || before.heardAtMs < believedMs) remember(key, context, 0)
        else remember(key, withGapsFilled(before.context, context), before.heardAtMs)
      }
    },
    get size() {
      return known.size
    },
  }
}

/** The length keeps a tenant's name and an id from running into each other. */
function keyOf(tenantId: string, sandboxId: string): string {
  return `${tenantId.length}:${tenantId}${sandboxId}`
}

const taskEvents: ReadonlySet<string> = new Set([event.taskStarted, event.taskHeartbeat])

function afterNews(before: SandboxContext, { eventName, context }: SandboxNews): SandboxContext {
  const owner = {
    teamId: context.teamId || before.teamId,
    userId: context.userId || before.userId,
    instanceType: context.instanceType || before.instanceType,
  }
  const { taskId, taskClass, tier } = context
  if (taskEvents.has(eventName) && taskId !== '')
    return { ...owner, taskId, taskClass, tier: tier || before.tier }
  const over = eventName === event.taskFinished && taskId === before.taskId
  return over
    ? { ...before, ...owner, taskId: '', taskClass: '' }
    : { ...before, ...owner, tier: before.tier || tier }
}

/** The task stays as it is: that none runs is an answer, not a gap. */
function withGapsFilled(heard: SandboxContext, stored: SandboxContext): SandboxContext {
  return {
    ...heard,
    teamId: heard.teamId || stored.teamId,
    userId: heard.userId || stored.userId,
    tier: heard.tier || stored.tier,
    instanceType: heard.instanceType || stored.instanceType,
  }
}
