import {
  Agent,
  Runner,
  Usage,
  getCurrentSpan,
  setTraceProcessors,
  setTracingDisabled,
  tool,
  withGenerationSpan,
  withResponseSpan,
  type AgentOutputItem,
  type Model,
  type ModelRequest,
  type ModelResponse,
} from '@openai/agents-core'
import { attr, event } from '@sandglass/schemas/semconv'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startOtlpReceiver, type OtlpReceiver } from '../../testing/otlp-receiver.ts'
import type { SeenSpan } from '../../testing/otlp-request.ts'
import { createTestParts, type TestParts } from '../../testing/test-sandglass.ts'
import { openAiAgentsProcessor } from './index.ts'

let receiver: OtlpReceiver
let parts: TestParts
beforeEach(async () => {
  receiver = await startOtlpReceiver()
  parts = createTestParts(receiver, { promptHashKey: 'a key' })
  setTracingDisabled(false)
  setTraceProcessors([
    openAiAgentsProcessor(parts.sandglass, { currentSpan: getCurrentSpan, provider: 'openai' }),
  ])
})
afterEach(async () => {
  setTraceProcessors([])
  await receiver.stop()
})

const SPEC = { id: 'task', class: 'code_fix', team: 'payments', tier: 'B', agent: 'fixer' } as const

const calls = (name: string, callId: string, input = '{}'): AgentOutputItem => ({
  type: 'function_call',
  callId,
  name,
  arguments: input,
  status: 'completed',
})
const says = (text: string): AgentOutputItem => ({
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text }],
})

/** Traces its calls as the package's own models do: of the Responses API, or of Chat Completions. */
class TracedModel implements Model {
  readonly #name: string
  readonly #api: 'responses' | 'chat'
  readonly #answers: AgentOutputItem[][]
  #turn = 0

  constructor(name: string, api: 'responses' | 'chat', answers: AgentOutputItem[][]) {
    this.#name = name
    this.#api = api
    this.#answers = answers
  }

  #answer(): { readonly id: string; readonly output: AgentOutputItem[] } {
    const output = this.#answers[this.#turn++] ?? []
    return { id: `${this.#name}-resp-${this.#turn}`, output }
  }

  async #respond(
    request: ModelRequest,
  ): Promise<{ readonly id: string; readonly output: AgentOutputItem[] }> {
    return withResponseSpan(async (span) => {
      const answer = this.#answer()
      span.spanData.response_id = answer.id
      span.spanData._input = request.input
      span.spanData._response = {
        id: answer.id,
        model: this.#name,
        usage: { input_tokens: 10, output_tokens: 4, input_tokens_details: { cached_tokens: 3 } },
        output: answer.output.map((item) =>
          item.type === 'function_call' ? { type: item.type, name: item.name, call_id: item.callId } : item,
        ),
      }
      return answer
    })
  }

  async #complete(
    request: ModelRequest,
  ): Promise<{ readonly id: string; readonly output: AgentOutputItem[] }> {
    return withGenerationSpan(async (span) => {
      span.spanData.model = this.#name
      span.spanData.input = [request.input]
        .flat()
        .map((item) => (typeof item === 'string' ? { role: 'user', content: item } : { ...item }))
      const answer = this.#answer()
      const toolCalls = answer.output.flatMap((item) =>
        item.type === 'function_call' ? [{ id: item.callId, function: { name: item.name } }] : [],
      )
      span.spanData.output = [
        {
          id: answer.id,
          choices: [{ message: { tool_calls: toolCalls } }],
          usage: { prompt_tokens: 10, completion_tokens: 4 },
        },
      ]
      return answer
    })
  }

  async getResponse(request: ModelRequest): Promise<ModelResponse> {
    const { id, output } = await (this.#api === 'responses'
      ? this.#respond(request)
      : this.#complete(request))
    return { usage: new Usage(), output, responseId: id }
  }

  // oxlint-disable-next-line require-yield -- this model does not stream
  async *getStreamedResponse(): AsyncIterable<never> {
    throw new Error('this model does not stream')
  }
}

async function run(command: string): Promise<string> {
  const process = await parts.container.exec([command])
  return String((await process.output()).exitCode)
}

const runs = (name: string, command: string) =>
  tool({
    name,
    description: name,
    parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
    execute: () => run(command),
  })

const named = (name: string): SeenSpan[] => receiver.spans.filter((span) => span.name === name)
function one(name: string): SeenSpan {
  const [span, ...more] = named(name)
  if (span === undefined || more.length > 0)
    throw new Error(`not one ${name} among ${receiver.spans.map((seen) => seen.name).join()}`)
  return span
}

test.each(['responses', 'chat'] as const)(
  'a run over %s fills prompts, tokens, parallel and nested tools, and what commands ran in them',
  async (api) => {
    const inner = new Agent({
      name: 'inner',
      model: new TracedModel('inner-model', api, [[calls('deep', 'call-deep')], [says('inner done')]]),
      tools: [runs('deep', 'deep-command')],
    })
    const outer = new Agent({
      name: 'outer',
      model: new TracedModel('outer-model', api, [
        [
          calls('list', 'call-list'),
          calls('delegate', 'call-delegate', '{"input":"go deeper"}'),
          calls('list', 'call-again'),
        ],
        [says('done')],
      ]),
      tools: [
        runs('list', 'list-command'),
        inner.asTool({ toolName: 'delegate', toolDescription: 'delegates' }),
      ],
    })
    const { finalOutput } = await parts.sandglass.task(SPEC, () => new Runner().run(outer, 'fix the cart'))
    await run('afterwards')
    await parts.sandglass.flush()
    expect(finalOutput).toBe('done')

    const [first, second] = named('chat outer-model')
    const delegated = one('execute_tool delegate')
    const deep = one('execute_tool deep')
    expect(named('execute_tool list').map(({ attributes }) => attributes[attr.toolCallId])).toEqual([
      'call-list',
      'call-again',
    ])
    expect(delegated.links).toEqual([first?.spanId])
    expect(deep).toMatchObject({
      parentSpanId: delegated.spanId,
      links: [named('chat inner-model')[0]?.spanId],
    })
    expect(deep.attributes).toMatchObject({ [attr.toolCallId]: 'call-deep', [attr.toolDepth]: 1 })
    const listed = named('list-command').map(({ attributes }) => attributes)
    expect(listed.map((facts) => facts[attr.toolCallId])).toEqual(['call-list', 'call-again'])
    for (const facts of listed)
      expect(facts).toMatchObject({
        [attr.taskId]: 'task',
        [attr.promptId]: first?.attributes[attr.promptId],
      })
    expect(one('deep-command').attributes).toMatchObject({
      [attr.toolCallId]: 'call-deep',
      [attr.promptId]: named('chat inner-model')[0]?.attributes[attr.promptId],
    })
    expect(one('afterwards').attributes[attr.toolCallId]).toBeUndefined()
    expect(first?.attributes).toMatchObject({
      [attr.providerName]: 'openai',
      [attr.requestModel]: 'outer-model',
      [attr.promptSource]: 'user',
      [attr.promptHash]: expect.stringMatching(/^[\da-f]{64}$/),
    })
    expect(second?.attributes[attr.promptSource]).toBe('tool_result')
    const measured = receiver.eventsNamed(event.inferenceMeasured).map(({ attributes }) => attributes)
    expect(measured.map((facts) => facts[attr.responseId])).toEqual([
      'outer-model-resp-1',
      'inner-model-resp-1',
      'inner-model-resp-2',
      'outer-model-resp-2',
    ])
    expect(measured[0]).toMatchObject({
      [attr.inputTokens]: 10,
      [attr.outputTokens]: 4,
      [attr.promptId]: first?.attributes[attr.promptId],
    })
    const sent = Buffer.concat(receiver.requests.map(({ body }) => body)).toString('latin1')
    expect(sent).not.toContain('fix the cart')
    expect(receiver.problems()).toEqual([])
  },
)

test('a tool that fails is a span that failed; the run goes on as without us', async () => {
  const failing = tool({
    name: 'failing',
    description: 'fails',
    parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
    execute: () => Promise.reject(new RangeError('too far')),
  })
  const agent = new Agent({
    name: 'a',
    model: new TracedModel('m', 'responses', [[calls('failing', 'c1')], [says('went on')]]),
    tools: [failing],
  })
  const { finalOutput } = await parts.sandglass.task(SPEC, () => new Runner().run(agent, 'x'))
  await parts.sandglass.flush()
  expect(finalOutput).toBe('went on')
  expect(one('execute_tool failing').statusCode).toBe(2)
})
