import { AsyncLocalStorage } from 'node:async_hooks'
import type { SpanContext } from '@opentelemetry/api'
import { attr } from '@sandglass/schemas/semconv'
import type { Facts } from '../facts.ts'
import type { Task, ToolCall } from '../lineage/task-spec.ts'

/** The prompt that what follows was caused by. */
export interface PromptLink {
  readonly id: string
  readonly span: SpanContext | undefined
}

/** A task or tool call: prompts made in it cause what comes after them in it. */
export interface Frame {
  prompt: PromptLink | undefined
  readonly tool: ToolCall | undefined
}

/** What the current asynchronous context is part of. */
export interface Scope {
  readonly task: Task
  /** Parent of spans made here. */
  readonly span: SpanContext | undefined
  /** Context attributes that do not change within the scope. */
  readonly facts: Facts
  readonly frame: Frame
}

export type ScopeStore = AsyncLocalStorage<Scope>

export const createScopeStore = (): ScopeStore => new AsyncLocalStorage<Scope>()

/** Context attributes of whatever happens in `scope` now. */
export function scopeFacts(scope: Scope | undefined): Facts {
  if (scope === undefined) return {}
  const { prompt } = scope.frame
  return prompt === undefined ? scope.facts : { ...scope.facts, [attr.promptId]: prompt.id }
}

/** `scope` as it is now: what follows in it does not change what is recorded for what began before. */
export function freezeScope(scope: Scope | undefined): Scope | undefined {
  return scope && { ...scope, facts: scopeFacts(scope), frame: { ...scope.frame } }
}
