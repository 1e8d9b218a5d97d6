import type { SpanContext } from '@opentelemetry/api'
import type { Scope } from '../context/scope.ts'
import type { Instrument } from '../instrument.ts'
import type { HostSpan } from '../options.ts'
import type { FactValue } from '../facts.ts'
import { SAMPLED, noSpan, type OpenSpan } from '../span-record.ts'
import type { Prompt, PromptSpec, ToolOptions } from './task-spec.ts'

/** A prompt or tool call that was begun by hand. It ends once; nothing of it throws. */
export interface OpenCall {
  /** Runs `run` in it, as if it had been called in `task.prompt` or `task.tool`. */
  run<T>(run: () => T): T
  /** Marks it as failed by what was thrown. */
  fail(error: unknown): void
  end(): void
}

/** A model call that was begun by hand. */
export interface OpenPrompt extends OpenCall, Prompt {
  /** Says what was asked, where that becomes known only later. */
  asked(asked: Pick<PromptSpec, 'text' | 'source' | 'model'>): void
}

/** A tool call that was begun by hand. */
export interface OpenTool extends OpenCall {
  readonly callId: string
  /** Records its result; kept only with `content.toolResults`. */
  result(value: unknown): void
}

/** A tool call to begin. */
export interface ToolSpec extends ToolOptions {
  readonly name: string
  /** Leave only with `content.toolArguments`. */
  readonly args?: unknown
}

/** Stand in for calls that could not be begun. */
export const noPrompt: OpenPrompt = {
  id: '',
  asked() {},
  run: (run) => run(),
  fail() {},
  end() {},
  usage() {},
  answer() {},
}
export const noTool: OpenTool = { callId: '', run: (run) => run(), fail() {}, end() {}, result() {} }

/**
 * Prompts and tool calls begun and ended by hand, for frameworks that tell of them in callbacks. Code that can wrap
 * its calls uses `task.prompt` and `task.tool`.
 */
export interface Lineage {
  /** A spec that cannot be read costs its record, never the call. */
  beginPrompt(spec: () => PromptSpec): OpenPrompt
  /** Likewise. */
  beginTool(spec: () => ToolSpec): OpenTool
  /** Attributes of the running code's context, for spans that others make: task, team, tool call, prompt, sandbox. */
  attributes(): Record<string, FactValue>
  /** W3C trace parent of the running code, to send along with a request. */
  traceparent(): string | undefined
  /** Whatever runs while `current` answers with a call belongs to that call, unless it entered one of its own. */
  follow(current: () => OpenCall | undefined): void
}

/** Where a call stands: the scope its inside runs in, and what was entered when it began. */
export interface Place {
  readonly scope: Scope | undefined
  readonly entered: Scope | undefined
}

/** A call as the SDK knows it. */
export interface PlacedCall extends OpenCall {
  readonly place: Place
}

export const isPlaced = (call: OpenCall): call is PlacedCall => 'place' in call

/** Runs `run` in the scope of a call; without one, as it is. */
export function runPlaced<T>({ scopes }: Instrument, { scope }: Place, run: () => T): T {
  return scope === undefined ? run() : scopes.run(scope, run)
}

/** Stands for a span that someone else made and ends. */
export function attachedSpan({ traceId, spanId }: HostSpan): OpenSpan {
  const span: SpanContext = { traceId, spanId, traceFlags: SAMPLED }
  return { ...noSpan, span }
}
