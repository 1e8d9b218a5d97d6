import { AsyncLocalStorage } from 'node:async_hooks'
import type { SpanContext } from '@opentelemetry/api'
import { attr } from '@sandglass/schemas/semconv'
import { clipFacts, type Facts } from '../facts.ts'
import type { Settling } from '../settling.ts'
import type { Task, ToolCall } from '../lineage/task-spec.ts'

/** The prompt that what follows was caused by. */
export interface PromptLink {
  readonly id: string
  readonly span: SpanContext | undefined
}

/**
 * A task, a tool call or a prompt: what happens in it carries its facts. A prompt made in it causes what comes after it
 * in it, so its facts change then; facts once read never do.
 */
export class Frame {
  readonly tool: ToolCall | undefined
  readonly #base: Facts
  #prompt: PromptLink | undefined
  #facts: Facts

  constructor(base: Facts, prompt?: PromptLink, tool?: ToolCall) {
    this.#base = base
    this.tool = tool
    this.#prompt = prompt
    this.#facts = withPrompt(base, prompt)
  }

  get prompt(): PromptLink | undefined {
    return this.#prompt
  }

  set prompt(prompt: PromptLink | undefined) {
    this.#prompt = prompt
    this.#facts = withPrompt(this.#base, prompt)
  }

  /** Context attributes of whatever happens here now. */
  get facts(): Facts {
    return this.#facts
  }

  /** A frame that keeps what this one is now. */
  copy(): Frame {
    return new Frame(this.#facts, this.#prompt, this.tool)
  }

  /** A frame inside this one. */
  inside(facts: Facts, prompt: PromptLink | undefined, tool: ToolCall | undefined): Frame {
    return new Frame({ ...this.#facts, ...facts }, prompt, tool)
  }
}

function withPrompt(base: Facts, prompt: PromptLink | undefined): Facts {
  return clipFacts(prompt === undefined ? base : { ...base, [attr.promptId]: prompt.id })
}

/** What the current asynchronous context is part of. */
export interface Scope {
  readonly task: Task
  /** Parent of spans made here. */
  readonly span: SpanContext | undefined
  readonly frame: Frame
  /** What the commands of the task are still to tell. */
  readonly settling: Settling
}

/** The scope that the running code belongs to, where something else than the asynchronous context knows it. */
export type Guide = (entered: Scope | undefined) => Scope | undefined

/** The scope of the running code. */
export interface ScopeStore {
  /** What the first guide that knows says, else {@link entered}. */
  getStore(): Scope | undefined
  /** The scope that the asynchronous context runs in. */
  entered(): Scope | undefined
  run<R>(scope: Scope, run: () => R): R
  follow(guide: Guide): void
}

export function createScopeStore(): ScopeStore {
  const contexts = new AsyncLocalStorage<Scope>()
  const guides: Guide[] = []

  function guided(entered: Scope | undefined): Scope | undefined {
    for (const guide of guides) {
      const scope = guide(entered)
      if (scope !== undefined) return scope
    }
    return entered
  }

  return {
    getStore() {
      const entered = contexts.getStore()
      return guides.length === 0 ? entered : guided(entered)
    },
    entered: () => contexts.getStore(),
    run: (scope, run) => contexts.run(scope, run),
    follow: (guide) => void guides.push(guide),
  }
}

/** `scope` as it is now: what follows in it does not change what is recorded for what began before. */
export function freezeScope(scope: Scope | undefined): Scope | undefined {
  return scope && { ...scope, frame: scope.frame.copy() }
}
