/** A person looks at the suspended agent and lets it go on: an override with actor, reason, ticket and expiry. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { budgetOverride } from '@sandglass/enforcer'
import { scopeKey } from '@sandglass/schemas/governor/scope'
import type { AgentRunResult } from '@sandglass/example-agent-worker/local'
import { readObjects } from '../clickhouse.ts'
import { recordEvent } from '../enforcement.ts'
import { OperationError } from '../errors.ts'

const OVERRIDE_MS = 15 * 60_000
const RESUMED_MS_MAX = 30_000
const POLL_MS = 200

interface Action {
  readonly action: string
  readonly result: string
  readonly budget_id: string
}

/** Returns when the enforcer has resumed the sandbox. Throws OperationError when it has not after 30 s. */
export async function letGoOn(
  suspended: AgentRunResult,
  reader: ClickHouseClient,
  otlpUrl: string,
): Promise<void> {
  const stop = await awaitAction(reader, suspended, 'suspend')
  await recordEvent({ otlpUrl }, (nowMs) =>
    budgetOverride(
      {
        budget: stop.budget_id,
        scope: scopeKey({ team: 'research', task: suspended.taskId }),
        actor: 'u_22c1',
        approver: 'u_77d0',
        reason: 'the hunt may finish: a release waits for it',
        ticket: 'OPS-1043',
        expiresAtMs: nowMs + OVERRIDE_MS,
      },
      nowMs,
    ),
  )
  await awaitAction(reader, suspended, 'resume')
}

async function awaitAction(
  reader: ClickHouseClient,
  { sandboxId }: AgentRunResult,
  action: string,
): Promise<Action> {
  const deadlineMs = Date.now() + RESUMED_MS_MAX
  const sql = `SELECT action, result, budget_id FROM budget_actions
    WHERE sandbox_id = {sandboxId:String} AND action = {action:String} AND result IN ('applied', 'already')
    ORDER BY time DESC LIMIT 1`
  while (Date.now() < deadlineMs) {
    const [found] = await readObjects<Action>(reader, sql, { sandboxId, action })
    if (found !== undefined) return found
    await sleep(POLL_MS)
  }
  throw new OperationError(`the enforcer did not ${action} sandbox ${sandboxId} within ${RESUMED_MS_MAX} ms`)
}
