import { lineageOf } from '../../lineage/index.ts'
import type { Sandglass } from '../../index.ts'
import type { OpenCall, OpenPrompt } from '../../lineage/index.ts'
import { readText } from '../../operations/read.ts'
import { lastAsked } from '../message-text.ts'
import { modelAnswer, type AskedCall } from './model-answer.ts'

/** The part of a span of OpenAI Agents that is read. */
export interface AgentsSpan {
  readonly spanId: string
  readonly parentId: string | null
  readonly spanData: { readonly type: string }
  readonly error: { readonly message: string } | null
}

/** What `addTraceProcessor` and `setTraceProcessors` of OpenAI Agents take. */
export interface AgentsProcessor {
  onTraceStart(): Promise<void>
  onTraceEnd(): Promise<void>
  onSpanStart(span: AgentsSpan): Promise<void>
  onSpanEnd(span: AgentsSpan): Promise<void>
  shutdown(): Promise<void>
  forceFlush(): Promise<void>
}

/** How OpenAI Agents are followed. */
export interface AgentsProcessorOptions {
  /** `getCurrentSpan` of OpenAI Agents: by it commands know the tool call that they run in. */
  readonly currentSpan: () => { readonly spanId: string; readonly parentId: string | null } | null
  /** Provider of the models, e.g. `openai`. */
  readonly provider?: string | undefined
}

/** A span that has begun: the call it stands for, when it is one of a model or tool. */
interface KnownSpan {
  readonly parentId: string | null
  readonly call: OpenCall | undefined
  /** The last model call directly in it, and the tool calls that one asked for and that have not begun. */
  prompt: OpenPrompt | undefined
  asked: AskedCall[]
}

/** Spans that were begun and not ended; beyond it new ones go unseen. */
const SPANS_MAX = 10_000
/** How far up a span may have the call that the running code belongs to. */
const DEPTH_MAX = 100

const promptOf = (known: KnownSpan): OpenPrompt | undefined =>
  known.call !== undefined && 'usage' in known.call ? (known.call as OpenPrompt) : undefined

/**
 * Fills prompts, tokens and tool calls from the traces of OpenAI Agents, for runs inside of `sandglass.task`.
 * Name it first: `setTraceProcessors([openAiAgentsProcessor(sandglass, { currentSpan: getCurrentSpan })])`. Processors
 * are global there: where instruments are not, give a function that finds the one of the running code.
 */
export function openAiAgentsProcessor(
  sandglass: Sandglass | (() => Sandglass | undefined),
  { currentSpan, provider }: AgentsProcessorOptions,
): AgentsProcessor {
  const instrument = typeof sandglass === 'function' ? sandglass : () => sandglass
  const spans = new Map<string, KnownSpan>()
  const followed = new WeakSet<Sandglass>()

  /** The innermost call around a span. */
  function callAround(spanId: string | null): OpenCall | undefined {
    for (let id = spanId, depth = 0; id !== null && depth < DEPTH_MAX; depth++) {
      const known = spans.get(id)
      if (known?.call !== undefined) return known.call
      id = known?.parentId ?? null
    }
    return undefined
  }

  function currentCall(): OpenCall | undefined {
    const span = currentSpan()
    if (span === null) return undefined
    return callAround(spans.has(span.spanId) ? span.spanId : span.parentId)
  }

  function follow(found: Sandglass): void {
    if (followed.has(found)) return
    followed.add(found)
    lineageOf(found).follow(currentCall)
  }

  function begin(found: Sandglass, { parentId, spanData }: AgentsSpan): OpenCall | undefined {
    const lineage = lineageOf(found)
    const parent = spans.get(parentId ?? '')
    if (spanData.type === 'function') {
      return lineage.beginTool(() => {
        const name = readText(spanData, 'name') ?? 'unknown'
        return { name, callId: takeAsked(parent, name), prompt: parent?.prompt }
      })
    }
    if (spanData.type !== 'generation' && spanData.type !== 'response') return undefined
    const prompt = lineage.beginPrompt(() => ({ text: '', source: 'user', provider }))
    if (parent !== undefined) parent.prompt = prompt
    return prompt
  }

  function finish(span: AgentsSpan, known: KnownSpan): void {
    const prompt = promptOf(known)
    if (prompt !== undefined) {
      const { usage, calls, model } = modelAnswer(span.spanData)
      prompt.asked({ ...lastAsked(inputOf(span.spanData)), model })
      if (usage !== undefined) prompt.usage({ ...usage, provider })
      const parent = spans.get(span.parentId ?? '')
      if (parent !== undefined) parent.asked = [...calls]
    }
    if (span.error !== null) known.call?.fail(new Error(span.error.message))
    known.call?.end()
  }

  return {
    async onSpanStart(span) {
      const found = instrument()
      if (found === undefined || spans.size >= SPANS_MAX) return
      follow(found)
      const call = begin(found, span)
      spans.set(span.spanId, { parentId: span.parentId, call, prompt: undefined, asked: [] })
    },
    async onSpanEnd(span) {
      const known = spans.get(span.spanId)
      if (known === undefined) return
      spans.delete(span.spanId)
      try {
        finish(span, known)
      } finally {
        known.call?.end()
      }
    },
    onTraceStart: async () => {},
    onTraceEnd: async () => {},
    async forceFlush() {
      await instrument()?.flush()
    },
    async shutdown() {
      await instrument()?.flush()
    },
  }
}

const inputOf = (spanData: object): unknown =>
  Reflect.get(spanData, 'input') ?? Reflect.get(spanData, '_input')

/** The id that the model gave this call: calls of one name begin in the order they were asked for. */
function takeAsked(parent: KnownSpan | undefined, name: string): string | undefined {
  const index = parent?.asked.findIndex((call) => call.name === name) ?? -1
  return index < 0 ? undefined : parent?.asked.splice(index, 1)[0]?.callId
}
