import { attr } from '@sandglass/schemas/semconv'
import type { PromptLink, Scope } from '../context/scope.ts'
import type { Facts } from '../facts.ts'
import { openSpan, whereNow, type Instrument } from '../instrument.ts'
import { INTERNAL } from '../span-kind.ts'
import type { OpenSpan } from '../span-record.ts'
import { attachedSpan, runPlaced, type OpenTool, type PlacedCall } from './open-call.ts'
import type { LinkedPrompt } from './prompt.ts'
import type { Prompt, ToolCall, ToolOptions } from './task-spec.ts'

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
  request: ToolRequest,
  run: (call: ToolCall) => T | Promise<T>,
): Promise<T> {
  const open = beginTool(instrument, request)
  try {
    const result = await open.run(() => run(open.call))
    open.result(result)
    return result
  } catch (error) {
    open.fail(error)
    throw error
  } finally {
    open.end()
  }
}

/** A tool call that knows where it stands. */
interface PlacedTool extends OpenTool, PlacedCall {
  readonly call: ToolCall
}

/** Begins a tool call. */
export function beginTool(instrument: Instrument, request: ToolRequest): PlacedTool {
  const { guard, content, scopes } = instrument
  const { name, options } = request
  const outer = scopes.getStore()
  const parent = outer?.frame.tool
  const callId = options.callId ?? `call_${instrument.random(ID_BYTES)}`
  const call: ToolCall = { name, callId, depth: parent === undefined ? 0 : parent.depth + 1 }
  const facts = callFacts(call, parent)
  const prompt = promptOf(outer, options.prompt)
  const span = spanOf(instrument, outer, request, { prompt, facts })
  const scope = outer && {
    ...outer,
    span: span.span ?? outer.span,
    frame: outer.frame.inside(facts, prompt, call),
  }
  const place = { scope, entered: scopes.entered() }
  return {
    callId,
    call,
    place,
    run: (run) => runPlaced(instrument, place, run),
    result(value) {
      if (content.toolResults === true) span.set({ [attr.toolResult]: guard(() => asText(value)) })
    },
    fail: (error) => span.fail(error),
    end: () => span.end(),
  }
}

function spanOf(
  instrument: Instrument,
  outer: Scope | undefined,
  { name, args, options }: ToolRequest,
  { prompt, facts }: { readonly prompt: PromptLink | undefined; readonly facts: Facts },
): OpenSpan {
  const { guard, content } = instrument
  if (options.attachTo !== undefined) return attachedSpan(options.attachTo)
  return openSpan(instrument, outer, whereNow(instrument), {
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
}

const isLinked = (prompt: Prompt): prompt is LinkedPrompt => 'link' in prompt

/** The prompt that asked for a call: the one named by hand, else the latest. */
function promptOf(outer: Scope | undefined, named: Prompt | undefined): PromptLink | undefined {
  if (named === undefined) return outer?.frame.prompt
  return isLinked(named) ? named.link : { id: named.id, span: undefined }
}
