import { attr } from '@sandglass/schemas/semconv'
import type { PromptLink, Scope } from '../context/scope.ts'
import type { Facts } from '../facts.ts'
import { openSpan, whereNow, type Instrument } from '../instrument.ts'
import { INTERNAL } from '../span-kind.ts'
import type { ToolCall, ToolOptions } from './task-spec.ts'

const ID_BYTES = 8

interface ToolRequest {
  readonly name: string
  readonly args: unknown
  readonly options: ToolOptions
}

/** Context of a call, carried by everything inside it. */
function callFacts(call: ToolCall, parent: ToolCall | undefined): Facts {
  return {
    [attr.toolName]: call.name,
    [attr.toolCallId]: call.callId,
    [attr.toolParentName]: parent?.name,
    [attr.toolParentCallId]: parent?.callId,
    [attr.toolDepth]: call.depth,
  }
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))

/** Runs `run` as a tool call; settles as it does. */
export async function runTool<T>(
  instrument: Instrument,
  { name, args, options }: ToolRequest,
  run: (call: ToolCall) => T | Promise<T>,
): Promise<T> {
  const { guard, content } = instrument
  const outer = instrument.scopes.getStore()
  const parent = outer?.frame.tool
  const callId = options.callId ?? `call_${instrument.random(ID_BYTES)}`
  const call: ToolCall = { name, callId, depth: parent === undefined ? 0 : parent.depth + 1 }
  const facts = callFacts(call, parent)
  const prompt = options.prompt === undefined ? outer?.frame.prompt : linkTo(outer, options.prompt.id)
  const span = openSpan(instrument, outer, whereNow(instrument), {
    name: `execute_tool ${name}`,
    kind: INTERNAL,
    link: prompt?.span,
    facts: {
      ...facts,
      [attr.promptId]: prompt?.id,
      [attr.operationName]: 'execute_tool',
      [attr.toolType]: options.type ?? 'function',
      [attr.toolArguments]: content.toolArguments === true ? guard(() => asText(args)) : undefined,
    },
  })
  const scope = outer && {
    ...outer,
    span: span.span ?? outer.span,
    frame: outer.frame.inside(facts, prompt, call),
  }
  try {
    const result = await (scope === undefined ? run(call) : instrument.scopes.run(scope, () => run(call)))
    if (content.toolResults === true) span.set({ [attr.toolResult]: guard(() => asText(result)) })
    return result
  } catch (error) {
    span.fail(error)
    throw error
  } finally {
    span.end()
  }
}

/** A prompt named by hand; its span is known when it is the latest one. */
function linkTo(outer: Scope | undefined, promptId: string): PromptLink {
  const latest = outer?.frame.prompt
  return latest?.id === promptId ? latest : { id: promptId, span: undefined }
}
