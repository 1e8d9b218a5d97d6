import { lineageOf } from '../../lineage/index.ts'
import { attr } from '@sandglass/schemas/semconv'
import type { HostSpan, Sandglass } from '../../index.ts'
import type { FactValue, OpenPrompt } from '../../lineage/index.ts'
import { readText } from '../../operations/read.ts'
import { createOpenPrompts } from '../open-prompts.ts'
import { lastAsked } from '../message-text.ts'
import { usageOf } from './ai-usage.ts'

/** A call that the AI SDK asks to have run, with what it knows of it. */
export interface AiCall<T> {
  readonly callId: string
  readonly execute: () => PromiseLike<T>
}

/** A model call that the AI SDK asks to have run. */
export interface AiModelCall<T> extends AiCall<T> {
  readonly provider?: string | undefined
  readonly modelId?: string | undefined
  /** Absent when the call says `recordInputs: false`: the prompt then has no hash. */
  readonly messages?: unknown
}

/** A tool execution that the AI SDK asks to have run. */
export interface AiToolExecution<T> extends AiCall<T> {
  readonly toolCallId: string
  readonly toolCall?: { readonly toolName: string; readonly input?: unknown } | undefined
}

/** What the AI SDK knows of a model call that ended. */
export interface AiModelCallEnd {
  readonly callId: string
  readonly provider?: string | undefined
  readonly modelId?: string | undefined
  readonly responseId?: string | undefined
  readonly usage?: unknown
  readonly content?: unknown
}

/** A span that the AI SDK's own OpenTelemetry integration is about to make. */
export interface AiSpan {
  readonly spanType: string
  readonly callId: string
}

/** How the AI SDK is followed. */
export interface AiTelemetryOptions {
  /**
   * The active span, when the AI SDK's own OpenTelemetry integration makes `chat` and `execute_tool` spans too: ours
   * are then not made a second time, and commands hang under its. Name this integration before that one.
   */
  readonly attachTo?: (() => HostSpan | undefined) | undefined
}

/** What `telemetry.integrations` of the Vercel AI SDK 7 takes. */
export interface AiTelemetry {
  executeLanguageModelCall<T>(call: AiModelCall<T>): Promise<T>
  onLanguageModelCallEnd(end: AiModelCallEnd): void
  executeTool<T>(call: AiToolExecution<T>): Promise<T>
  onStepError(event: unknown): void
  onError(event: unknown): void
  onAbort(event: unknown): void
  onEnd(event: unknown): void
  /** For `new OpenTelemetry({ enrichSpan })` of `@ai-sdk/otel`: its spans carry task, team and prompt. */
  readonly enrichSpan: (span: AiSpan) => Record<string, FactValue>
}

/**
 * Fills prompts, tokens and tool calls from the AI SDK's own telemetry, for calls made inside of `sandglass.task`:
 * `generateText({ …, telemetry: { integrations: [aiTelemetry(sandglass)] } })`.
 */
export function aiTelemetry(sandglass: Sandglass, { attachTo }: AiTelemetryOptions = {}): AiTelemetry {
  const lineage = lineageOf(sandglass)
  const prompts = createOpenPrompts()
  /** Ids given to spans of the AI SDK before their model calls began. */
  const foretold = new Map<string, string>()

  function begin(call: AiModelCall<unknown>): OpenPrompt {
    const id = foretold.get(call.callId)
    foretold.delete(call.callId)
    return lineage.beginPrompt(() => ({
      ...lastAsked(call.messages),
      id,
      model: call.modelId,
      provider: call.provider,
      attachTo: attachTo?.(),
    }))
  }

  const idOf = (event: unknown): string => readText(event, 'callId') ?? ''

  return {
    async executeLanguageModelCall(call) {
      const prompt = begin(call)
      prompts.begin(call.callId, prompt)
      try {
        return await prompt.run(call.execute)
      } catch (error) {
        prompts.fail(call.callId, error)
        throw error
      }
    },
    onLanguageModelCallEnd({ callId, usage, modelId, provider, responseId }) {
      prompts.get(callId)?.usage({ ...usageOf(usage), model: modelId, provider, responseId })
      prompts.end(callId)
    },
    async executeTool({ callId, toolCallId, toolCall, execute }) {
      const tool = lineage.beginTool(() => ({
        name: toolCall?.toolName ?? 'unknown',
        args: toolCall?.input,
        callId: toolCallId,
        prompt: prompts.last(callId),

        attachTo: attachTo?.(),
      }))
      try {
        const result = await tool.run(execute)
        tool.result(result)
        return result
      } catch (error) {
        tool.fail(error)
        throw error
      } finally {
        tool.end()
      }
    },
    onStepError: (event) => prompts.fail(idOf(event), Reflect.get(Object(event), 'error')),
    onError(event) {
      prompts.fail(idOf(event), Reflect.get(Object(event), 'error'))
      prompts.forget(idOf(event))
    },
    onAbort(event) {
      prompts.fail(idOf(event), new DOMException('the model call was aborted', 'AbortError'))
      prompts.forget(idOf(event))
    },
    onEnd: (event) => prompts.forget(idOf(event)),
    enrichSpan({ spanType, callId }) {
      const context = { ...lineage.attributes() }
      if (spanType !== 'languageModel') return context
      const id = `prm_${crypto.randomUUID()}`
      foretold.set(callId, id)
      return { ...context, [attr.promptId]: id }
    },
  }
}
