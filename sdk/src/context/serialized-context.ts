import { parseTraceparent, formatTraceparent } from './trace-context.ts'
import { Frame, type Scope } from './scope.ts'
import type { Facts } from '../facts.ts'
import type { Settling } from '../settling.ts'
import type { Boundary } from '../redact/boundary.ts'
import type { Task } from '../lineage/task-spec.ts'

const VERSION = 1

interface SerializedContext {
  readonly version: typeof VERSION
  readonly task: string
  readonly traceparent: string | undefined
  readonly facts: Facts
  readonly prompt: { readonly id: string; readonly traceparent: string | undefined } | undefined
  readonly tool: { readonly name: string; readonly callId: string; readonly depth: number } | undefined
}

/** Everything another request needs to go on where this one is. It holds identifiers, never content. */
export function serializeScope(scope: Scope, boundary: Boundary): string {
  const { prompt, tool } = scope.frame
  const context: SerializedContext = {
    version: VERSION,
    task: scope.task.id,
    traceparent: scope.span && formatTraceparent(scope.span),
    facts: boundary.shared(scope.frame.facts),
    prompt: prompt && { id: prompt.id, traceparent: prompt.span && formatTraceparent(prompt.span) },
    tool: tool && { name: tool.name, callId: tool.callId, depth: tool.depth },
  }
  return JSON.stringify(context)
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

function parseTool(value: unknown): Scope['frame']['tool'] {
  if (!isRecord(value)) return undefined
  const { name, callId, depth } = value
  if (typeof name !== 'string' || typeof callId !== 'string' || typeof depth !== 'number') return undefined
  return { name, callId, depth }
}

function parsePrompt(value: unknown): Scope['frame']['prompt'] {
  if (!isRecord(value) || typeof value['id'] !== 'string') return undefined
  return { id: value['id'], span: parseTraceparent(asText(value['traceparent'])) }
}

function parseFacts(value: unknown): Facts {
  if (!isRecord(value)) return {}
  return Object.fromEntries(
    Object.entries(value).filter(([, item]) => ['string', 'number', 'boolean'].includes(typeof item)),
  )
}

/** Undefined for anything {@link serializeScope} did not make. */
export function parseScope(
  text: string,
  taskOf: (id: string) => Task,
  settling: Settling,
): Scope | undefined {
  const parsed = parseText(text)
  if (!isRecord(parsed) || parsed['version'] !== VERSION || typeof parsed['task'] !== 'string')
    return undefined
  return {
    task: taskOf(parsed['task']),
    span: parseTraceparent(asText(parsed['traceparent'])),
    settling,
    frame: new Frame(parseFacts(parsed['facts']), parsePrompt(parsed['prompt']), parseTool(parsed['tool'])),
  }
}
