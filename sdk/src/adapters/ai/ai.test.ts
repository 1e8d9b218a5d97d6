import { OpenTelemetry } from '@ai-sdk/otel'
import type { LanguageModelV4GenerateResult, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { trace } from '@opentelemetry/api'
import { attr, event } from '@sandglass/schemas/semconv'
import { generateText, isStepCount, jsonSchema, streamText, tool } from 'ai'
import { MockLanguageModelV4, convertArrayToReadableStream } from 'ai/test'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startSandglassNode } from '../../node/index.ts'
import { createMemoryContainer } from '../../testing/memory-container.ts'
import { startOtlpReceiver, type OtlpReceiver } from '../../testing/otlp-receiver.ts'
import type { SeenSpan } from '../../testing/otlp-request.ts'
import { createTestParts, type TestParts } from '../../testing/test-sandglass.ts'
import { aiTelemetry } from './index.ts'

let receiver: OtlpReceiver
let parts: TestParts
beforeEach(async () => {
  receiver = await startOtlpReceiver()
  parts = createTestParts(receiver, { promptHashKey: 'a key' })
})
afterEach(() => receiver.stop())

const SPEC = { id: 'task', class: 'code_fix', team: 'payments', tier: 'B', agent: 'fixer' } as const

const USAGE = {
  inputTokens: { total: 100, noCache: 60, cacheRead: 40, cacheWrite: 0 },
  outputTokens: { total: 20, text: 15, reasoning: 5 },
}
type Content = LanguageModelV4GenerateResult['content']

/** A model that answers in turn with these. */
function modelOf(id: string, answers: readonly Content[]): MockLanguageModelV4 {
  const results = answers.map((content, index) => ({
    content,
    finishReason: {
      unified: content.some(({ type }) => type === 'tool-call') ? 'tool-calls' : 'stop',
      raw: '',
    } as const,
    usage: USAGE,
    warnings: [],
    response: { id: `${id}-resp-${index + 1}`, modelId: id },
  }))
  return new MockLanguageModelV4({ provider: 'mock', modelId: id, doGenerate: results })
}

const calls = (toolName: string, toolCallId: string): Content[number] => ({
  type: 'tool-call',
  toolCallId,
  toolName,
  input: '{}',
})
const says = (text: string): Content => [{ type: 'text', text }]
const anything = jsonSchema<Record<string, never>>({ type: 'object', properties: {} })

async function run(command: string): Promise<string> {
  const process = await parts.container.exec([command])
  return String((await process.output()).exitCode)
}
const runs = (command: string) => tool({ inputSchema: anything, execute: () => run(command) })

const named = (name: string): SeenSpan[] => receiver.spans.filter((span) => span.name === name)
function one(name: string): SeenSpan {
  const [span, ...more] = named(name)
  if (span === undefined || more.length > 0) throw new Error(`${more.length} too many or none: ${name}`)
  return span
}

test('a generation fills prompts, tokens, parallel and nested tools, and what commands ran in them', async () => {
  const telemetry = { integrations: [aiTelemetry(parts.sandglass)] }
  const inner = modelOf('inner', [[calls('deep', 'call-deep')], says('inner done')])
  const delegate = tool({
    inputSchema: anything,
    execute: async () => {
      const tools = { deep: runs('deep-command') }
      return (
        await generateText({ model: inner, prompt: 'go deeper', tools, stopWhen: isStepCount(3), telemetry })
      ).text
    },
  })
  const model = modelOf('outer', [
    [calls('list', 'call-list'), calls('delegate', 'call-delegate')],
    says('done'),
  ])
  const { text } = await parts.sandglass.task(SPEC, () =>
    generateText({
      model,
      prompt: 'fix the cart',
      tools: { list: runs('list-command'), delegate },
      stopWhen: isStepCount(3),
      telemetry,
    }),
  )
  await parts.sandglass.flush()
  expect(text).toBe('done')

  const [first, second] = named('chat outer')
  const list = one('execute_tool list')
  const delegated = one('execute_tool delegate')
  const deep = one('execute_tool deep')
  expect(list.links).toEqual([first?.spanId])
  expect(deep).toMatchObject({ parentSpanId: delegated.spanId, links: [named('chat inner')[0]?.spanId] })
  expect(deep.attributes).toMatchObject({
    [attr.toolCallId]: 'call-deep',
    [attr.toolDepth]: 1,
    [attr.toolParentName]: 'delegate',
    [attr.toolParentCallId]: 'call-delegate',
  })
  expect(one('list-command')).toMatchObject({ parentSpanId: list.spanId })
  expect(one('list-command').attributes).toMatchObject({
    [attr.taskId]: 'task',
    [attr.toolCallId]: 'call-list',
    [attr.promptId]: first?.attributes[attr.promptId],
  })
  expect(one('deep-command').attributes).toMatchObject({
    [attr.toolCallId]: 'call-deep',
    [attr.promptId]: named('chat inner')[0]?.attributes[attr.promptId],
  })
  expect(first?.attributes).toMatchObject({
    [attr.promptSource]: 'user',
    [attr.providerName]: 'mock',
    [attr.promptHash]: expect.stringMatching(/^[\da-f]{64}$/),
    [attr.inputTokens]: 100,
  })
  expect(second?.attributes[attr.promptSource]).toBe('tool_result')

  const measured = receiver.eventsNamed(event.inferenceMeasured).map(({ attributes }) => attributes)
  expect(measured.map((facts) => facts[attr.responseId])).toEqual([
    'outer-resp-1',
    'inner-resp-1',
    'inner-resp-2',
    'outer-resp-2',
  ])
  expect(measured[0]).toMatchObject({
    [attr.inputTokens]: 100,
    [attr.cachedInputTokens]: 40,
    [attr.outputTokens]: 20,
    [attr.reasoningTokens]: 5,
    [attr.taskId]: 'task',
  })
  const sent = Buffer.concat(receiver.requests.map(({ body }) => body)).toString('latin1')
  for (const content of ['fix the cart', 'go deeper', 'inner done']) expect(sent).not.toContain(content)
  expect(receiver.problems()).toEqual([])
})

test('generations side by side do not take each other’s tools', async () => {
  const telemetry = { integrations: [aiTelemetry(parts.sandglass)] }
  await parts.sandglass.task(SPEC, () =>
    Promise.all(
      ['a', 'b'].map((id) =>
        generateText({
          model: modelOf(id, [[calls('work', `call-${id}`)], says('ok')]),
          prompt: id,
          tools: { work: runs(`command-${id}`) },
          stopWhen: isStepCount(2),
          telemetry,
        }),
      ),
    ),
  )
  await parts.sandglass.flush()
  for (const id of ['a', 'b']) {
    expect(one(`command-${id}`).attributes).toMatchObject({
      [attr.toolCallId]: `call-${id}`,
      [attr.promptId]: named(`chat ${id}`)[0]?.attributes[attr.promptId],
    })
  }
})

test('a streamed answer is one chat that lasts as long as its stream', async () => {
  const chunks: LanguageModelV4StreamPart[] = [
    { type: 'stream-start', warnings: [] },
    { type: 'response-metadata', id: 'resp-stream', modelId: 'streamer' },
    { type: 'text-start', id: '1' },
    { type: 'text-delta', id: '1', delta: 'hello' },
    { type: 'text-end', id: '1' },
    { type: 'finish', finishReason: { unified: 'stop', raw: '' }, usage: USAGE },
  ]
  const model = new MockLanguageModelV4({
    modelId: 'streamer',
    doStream: { stream: convertArrayToReadableStream(chunks) },
  })
  const text = await parts.sandglass.task(SPEC, async () => {
    const streamed = streamText({
      model,
      prompt: 'hi',
      telemetry: { integrations: [aiTelemetry(parts.sandglass)] },
    })
    await parts.sandglass.flush()
    expect(named('chat streamer')).toEqual([])
    return streamed.text
  })
  await parts.sandglass.flush()
  expect(text).toBe('hello')
  expect(one('chat streamer').attributes).toMatchObject({
    [attr.responseId]: 'resp-stream',
    [attr.outputTokens]: 20,
  })
})

describe('failures reach the caller as they are', () => {
  test('of a model: each attempt is a chat that failed', async () => {
    const failure = new TypeError('no model today')
    const model = new MockLanguageModelV4({ modelId: 'broken', doGenerate: () => Promise.reject(failure) })
    const telemetry = { integrations: [aiTelemetry(parts.sandglass)] }
    const caught: unknown = await parts.sandglass
      .task(SPEC, () => generateText({ model, prompt: 'x', maxRetries: 0, telemetry }))
      .catch((error: unknown) => error)
    await parts.sandglass.flush()
    expect(caught).toBe(failure)
    expect(one('chat broken')).toMatchObject({ statusCode: 2, attributes: { [attr.errorType]: 'TypeError' } })
  })

  test('of a tool: its span failed, and the model hears of it', async () => {
    const failing = tool({
      inputSchema: anything,
      execute: (): Promise<string> => Promise.reject(new RangeError('too far')),
    })
    const telemetry = { integrations: [aiTelemetry(parts.sandglass)] }
    const model = modelOf('m', [[calls('failing', 'c1')], says('ok')])
    const { text } = await parts.sandglass.task(SPEC, () =>
      generateText({ model, prompt: 'x', tools: { failing }, stopWhen: isStepCount(2), telemetry }),
    )
    await parts.sandglass.flush()
    expect(text).toBe('ok')
    expect(one('execute_tool failing')).toMatchObject({
      statusCode: 2,
      attributes: { [attr.errorType]: 'RangeError' },
    })
  })
})

test('where the AI SDK makes spans of its own, ours attach to them and are not made twice', async () => {
  const node = startSandglassNode({ serviceName: 'node', endpoint: receiver.url, onDiagnostic() {} })
  const container = node.sandglass.container(createMemoryContainer(), {
    sandboxId: 'box',
    meterIntervalMs: 0,
  })
  const ours = aiTelemetry(node.sandglass, { attachTo: () => trace.getActiveSpan()?.spanContext() })
  const work = tool({
    inputSchema: anything,
    execute: async () => String((await (await container.exec(['inside'])).output()).exitCode),
  })
  await node.sandglass.task(SPEC, () =>
    generateText({
      model: modelOf('m', [[calls('work', 'call-1')], says('ok')]),
      prompt: 'x',
      tools: { work },
      stopWhen: isStepCount(2),
      telemetry: { integrations: [ours, new OpenTelemetry({ enrichSpan: ours.enrichSpan })] },
    }),
  )
  await node.shutdown()
  const theirs = one('execute_tool work')
  expect(theirs.attributes).toMatchObject({ [attr.taskId]: 'task', [attr.teamId]: 'payments' })
  expect(one('inside')).toMatchObject({ parentSpanId: theirs.spanId, traceId: theirs.traceId })
  const chats = named('chat m')
  expect(chats).toHaveLength(2)
  expect(chats[0]?.attributes[attr.promptId]).toMatch(/^prm_/)
  expect(one('inside').attributes).toMatchObject({
    [attr.toolCallId]: 'call-1',
    [attr.promptId]: chats[0]?.attributes[attr.promptId],
  })
  expect(receiver.eventsNamed(event.inferenceMeasured)).toHaveLength(2)
})
