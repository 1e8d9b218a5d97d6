import type { ModelUsage } from '../../index.ts'
import { read, readNumber, readText } from '../../operations/read.ts'

/** A tool call that a model asked for. */
export interface AskedCall {
  readonly name: string
  readonly callId: string
}

/** What a model answered, as the span of its call says when it ends. */
export interface ModelAnswer {
  readonly usage: ModelUsage | undefined
  readonly calls: readonly AskedCall[]
  readonly model: string | undefined
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const firstNumber = (source: unknown, names: readonly string[]): number | undefined =>
  names.map((name) => readNumber(source, name)).find((value) => value !== undefined)

const details = (usage: unknown, side: string): unknown =>
  read(usage, `${side}_tokens_details`) ?? read(read(usage, 'details'), `${side}_tokens_details`)

/** Usage in the names of the Responses and of the Chat Completions API. */
function usageOf(usage: unknown): ModelUsage | undefined {
  const inputTokens = firstNumber(usage, ['input_tokens', 'prompt_tokens'])
  const outputTokens = firstNumber(usage, ['output_tokens', 'completion_tokens'])
  if (inputTokens === undefined && outputTokens === undefined) return undefined
  return {
    inputTokens: inputTokens ?? 0,
    outputTokens: outputTokens ?? 0,
    cachedInputTokens: readNumber(details(usage, 'input') ?? details(usage, 'prompt'), 'cached_tokens'),
    reasoningTokens: readNumber(details(usage, 'output') ?? details(usage, 'completion'), 'reasoning_tokens'),
  }
}

function callOf(item: unknown): readonly AskedCall[] {
  const name = readText(item, 'name') ?? readText(read(item, 'function'), 'name')
  const callId = readText(item, 'call_id') ?? readText(item, 'callId') ?? readText(item, 'id')
  return name === undefined || callId === undefined ? [] : [{ name, callId }]
}

/** Calls lie beside each other in the Responses API, and in the message of a choice in the other. */
function callsOf(output: unknown): readonly AskedCall[] {
  return listOf(output).flatMap((item) => [
    ...callOf(item),
    ...listOf(read(item, 'tool_calls')).flatMap(callOf),
    ...listOf(read(item, 'choices')).flatMap((choice) =>
      listOf(read(read(choice, 'message'), 'tool_calls')).flatMap(callOf),
    ),
    ...callsOf(read(item, 'output')),
  ])
}

/** Reads the span data of a `generation` or `response` span; what the run keeps out of its traces is missing. */
export function modelAnswer(data: unknown): ModelAnswer {
  const response = read(data, '_response')
  const [first] = listOf(read(data, 'output'))
  const usage = usageOf(read(response, 'usage') ?? read(data, 'usage') ?? read(first, 'usage'))
  const responseId = readText(data, 'response_id') ?? readText(response, 'id') ?? readText(first, 'id')
  const model = readText(response, 'model') ?? readText(data, 'model')
  return {
    usage: usage && { ...usage, responseId, model },
    model,
    calls: callsOf(read(response, 'output') ?? read(data, 'output')),
  }
}
