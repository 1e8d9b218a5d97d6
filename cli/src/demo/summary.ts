/** What a round left in ClickHouse, next to what the SDK says was acknowledged. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import type { AgentRunResult, SentTelemetry } from '@sandglass/example-agent-worker/local'
import { readObjects } from '../clickhouse.ts'

export interface Summary {
  readonly tasks: number
  readonly toolCalls: number
  readonly prompts: number
  readonly commands: number
  readonly fileMutations: number
  readonly secretsAllowed: number
  readonly secretsDenied: number
  readonly policyOverrides: number
  readonly cpuSeconds: number
  readonly costUsd: number
  readonly budgetDecisions: number
  readonly suspensions: number
  readonly resumes: number
  readonly spansStored: number
  /** Counted by the SDK: spans in answers with status 200, less those they rejected. */
  readonly spansAcked: number
}

const MINE = 'sandbox_id IN {sandboxes:Array(String)}'

/** Everything that lies in the sandboxes of this round; the decisions are those of its tasks' budgets. */
export const summarySql = `SELECT
  (SELECT uniqExact(task_id) FROM task_states WHERE task_id IN {tasks:Array(String)}) AS tasks,
  (SELECT count() FROM tool_edges WHERE ${MINE}) AS toolCalls,
  (SELECT countIf(kind = 'prompt') FROM lineage WHERE ${MINE}) AS prompts,
  (SELECT countIf(kind = 'command') FROM lineage WHERE ${MINE}) AS commands,
  (SELECT count() FROM file_mutations WHERE ${MINE}) AS fileMutations,
  (SELECT countIf(outcome = 'allowed') FROM secret_accesses WHERE ${MINE}) AS secretsAllowed,
  (SELECT countIf(outcome = 'denied') FROM secret_accesses WHERE ${MINE}) AS secretsDenied,
  (SELECT count() FROM policy_events WHERE kind = 'overridden' AND task_id IN {tasks:Array(String)}) AS policyOverrides,
  (SELECT toFloat64(sumIf(quantity, sku = 'container.cpu')) FROM charges WHERE ${MINE}) AS cpuSeconds,
  (SELECT toFloat64(sum(c.cost_usd)) FROM charges AS c WHERE ${MINE}) AS costUsd,
  (SELECT count() FROM budget_decisions WHERE time >= {since:DateTime64(3)}) AS budgetDecisions,
  (SELECT countIf(action = 'suspend' AND result = 'applied') FROM budget_actions WHERE time >= {since:DateTime64(3)}) AS suspensions,
  (SELECT countIf(action = 'resume' AND result = 'applied') FROM budget_actions WHERE time >= {since:DateTime64(3)}) AS resumes,
  (SELECT count() FROM otel_traces WHERE TraceId IN (SELECT TraceId FROM otel_traces WHERE SandboxId IN {sandboxes:Array(String)})) AS spansStored`

const STORED_MS_MAX = 30_000
const POLL_MS = 200

/** Waits until the last acknowledged span is stored, then counts. Without it after 30 s, the figures say so. */
export async function summarize(
  reader: ClickHouseClient,
  results: readonly AgentRunResult[],
  sent: SentTelemetry,
  since: Date,
): Promise<Summary> {
  const deadlineMs = Date.now() + STORED_MS_MAX
  const params = {
    tasks: results.map(({ taskId }) => taskId),
    sandboxes: [...new Set(results.map(({ sandboxId }) => sandboxId))],
    since,
  }
  for (;;) {
    const stored = await readStored(reader, params)
    if (stored.spansStored >= sent.spansAcked || Date.now() > deadlineMs) {
      return { ...stored, spansAcked: sent.spansAcked }
    }
    await sleep(POLL_MS)
  }
}

type Stored = Omit<Summary, 'spansAcked'>

async function readStored(
  reader: ClickHouseClient,
  params: Readonly<Record<string, unknown>>,
): Promise<Stored> {
  const [row] = await readObjects<Record<keyof Stored, unknown>>(reader, summarySql, params)
  return Object.fromEntries(
    Object.entries(row ?? {}).map(([name, value]) => [name, Number(value)]),
  ) as Record<keyof Stored, number>
}

/** Why a summary is not what a healthy round leaves; empty when it is. */
export function summaryFaults(summary: Summary): readonly string[] {
  const zero = Object.entries(summary)
    .filter(([, value]) => !(value > 0))
    .map(([name]) => `${name} is 0`)
  return summary.spansAcked === summary.spansStored
    ? zero
    : [...zero, `${summary.spansAcked} spans were acknowledged, ${summary.spansStored} are stored`]
}
