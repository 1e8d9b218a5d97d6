import { agents } from './agents/index.ts'
import type { AgentOptions } from './agents/index.ts'

/** Asks for one run of an agent. */
export interface TaskRequest {
  readonly agent: string
  readonly taskId: string
  /** Tasks of one name share a sandbox, one after the other. */
  readonly sandboxName: string
  /** Counts the runs of one piece of work, from 1. */
  readonly attempt: number
  /** The task that this one repeats. */
  readonly retryOf?: string | undefined
  readonly options: AgentOptions
}

const ID = /^[\w.-]{1,64}$/

/** A request as it came over HTTP, or what is wrong with it. */
export function parseTaskRequest(body: unknown): TaskRequest | { readonly error: string } {
  const fields = fieldsOf(body)
  const { agent, retryOf } = fields
  if (typeof agent !== 'string' || agents[agent] === undefined) {
    return { error: `agent must be one of ${Object.keys(agents).join(', ')}` }
  }
  const taskId = fields['taskId'] ?? crypto.randomUUID()
  const sandboxName = fields['sandboxName'] ?? taskId
  if (!isId(taskId) || !isId(sandboxName) || !(retryOf === undefined || isId(retryOf))) {
    return { error: 'taskId, sandboxName and retryOf take 1 to 64 letters, digits, "-", "_" and "."' }
  }
  return {
    agent,
    taskId,
    sandboxName,
    retryOf,
    attempt: numberOf(fields['attempt']) ?? 1,
    options: optionsOf(fields),
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value)
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined
}

function optionsOf(fields: Record<string, unknown>): AgentOptions {
  const { burnSecondsMax, overrideLifeMs } = fieldsOf(fields['options'])
  return { burnSecondsMax: numberOf(burnSecondsMax), overrideLifeMs: numberOf(overrideLifeMs) }
}
