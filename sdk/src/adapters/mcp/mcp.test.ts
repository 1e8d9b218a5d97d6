import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { attr } from '@sandglass/schemas/semconv'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { startOtlpReceiver, type OtlpReceiver } from '../../testing/otlp-receiver.ts'
import type { SeenSpan } from '../../testing/otlp-request.ts'
import { createTestParts, type TestParts } from '../../testing/test-sandglass.ts'
import { mcpClient, mcpServer, type McpClientOptions, type McpServerOptions } from './index.ts'

let receiver: OtlpReceiver
let ours: TestParts
let theirs: TestParts
let closing: (() => Promise<void>)[] = []
beforeEach(async () => {
  receiver = await startOtlpReceiver()
  ours = createTestParts(receiver, { serviceName: 'client' })
  theirs = createTestParts(receiver, { serviceName: 'server' })
})
afterEach(async () => {
  for (const close of closing) await close()
  closing = []
  await receiver.stop()
})

const SPEC = { id: 'task', class: 'code_fix', team: 'payments', tier: 'B', agent: 'fixer' } as const
const SERVED = { id: 'served', class: 'mcp', team: 'tools', tier: 'A', agent: 'server' } as const

async function run({ container }: TestParts, command: string): Promise<string> {
  const process = await container.exec([command])
  return String((await process.output()).exitCode)
}

/** A client and a server of the real package, connected in memory. */
async function connect(client: McpClientOptions, server: McpServerOptions): Promise<Client> {
  const [here, there] = InMemoryTransport.createLinkedPair()
  const serving = mcpServer(theirs.sandglass, new McpServer({ name: 'tools', version: '1' }), server)
  serving.registerTool('build', { inputSchema: { target: z.string() } }, async ({ target }) => {
    const text = `${target}: ${await run(theirs, 'make')}`
    return { content: [{ type: 'text', text }] }
  })
  serving.registerTool('fail', {}, async () => {
    throw new RangeError('too far')
  })
  const calling = mcpClient(ours.sandglass, new Client({ name: 'agent', version: '1' }), client)
  await serving.connect(there)
  await calling.connect(here)
  closing.push(() => calling.close())
  return calling
}

const flush = async (): Promise<void> => {
  await ours.sandglass.flush()
  await theirs.sandglass.flush()
}
const named = (name: string): SeenSpan[] => receiver.spans.filter((span) => span.name === name)
const of = (service: string, name: string): SeenSpan | undefined =>
  named(name).find(({ resource }) => resource['service.name'] === service)

test('a call is a tool call of its task, and one of the server’s own task in the same trace', async () => {
  const client = await connect({}, { task: () => SERVED })
  const answer = await ours.sandglass.task(SPEC, () =>
    client.callTool({ name: 'build', arguments: { target: 'shop' } }),
  )
  await flush()
  expect(answer.content).toEqual([{ type: 'text', text: 'shop: 0' }])
  const called = of('client', 'execute_tool build')
  expect(called?.attributes).toMatchObject({ [attr.taskId]: 'task', [attr.toolType]: 'extension' })
  const served = of('server', 'execute_tool build')
  expect(served?.attributes).toMatchObject({ [attr.taskId]: 'served', [attr.toolType]: 'function' })
  expect(of('server', 'invoke_agent server')).toMatchObject({
    traceId: called?.traceId,
    parentSpanId: called?.spanId,
  })
  expect(of('server', 'make')).toMatchObject({ parentSpanId: served?.spanId })
  expect(of('server', 'make')?.attributes).toMatchObject({
    [attr.toolCallId]: served?.attributes[attr.toolCallId],
  })
})

test('a server that trusts its client goes on in the same task and call, and does not tell of it twice', async () => {
  const client = await connect({ sendContext: true }, { trustContext: true, task: () => SERVED })
  await ours.sandglass.task(SPEC, async (task) => {
    const prompt = await task.prompt({ text: 'build it', source: 'user' }, ({ id }) => id)
    expect(prompt).toMatch(/^prm_/)
    await client.callTool({ name: 'build', arguments: { target: 'shop' } })
  })
  await flush()
  const [called, ...more] = named('execute_tool build')
  expect(more).toEqual([])
  expect(of('server', 'make')).toMatchObject({ parentSpanId: called?.spanId })
  expect(of('server', 'make')?.attributes).toMatchObject({
    [attr.taskId]: 'task',
    [attr.toolCallId]: called?.attributes[attr.toolCallId],
    [attr.promptId]: expect.stringMatching(/^prm_/),
  })
})

test('a server that was not told to trust does not believe whose work a client says this is', async () => {
  const client = await connect({ sendContext: true }, { task: () => SERVED })
  await ours.sandglass.task(SPEC, () => client.callTool({ name: 'build', arguments: { target: 'x' } }))
  await flush()
  expect(of('server', 'make')?.attributes[attr.taskId]).toBe('served')
})

test('where a framework tells of the call already, it is not told twice', async () => {
  const client = await connect({}, {})
  await ours.sandglass.task(SPEC, (task) =>
    task.tool('build', {}, () => client.callTool({ name: 'build', arguments: { target: 'x' } })),
  )
  await flush()
  expect(
    named('execute_tool build').filter(({ resource }) => resource['service.name'] === 'client'),
  ).toHaveLength(1)
})

test('failures are answers and errors as without us, in spans that failed', async () => {
  const client = await connect({}, { task: () => SERVED })
  const [failed, refused] = await ours.sandglass.task(SPEC, async () => [
    await client.callTool({ name: 'fail' }),
    await client.callTool({ name: 'build', arguments: {} }).catch((error: unknown) => error),
  ])
  await flush()
  expect(failed).toMatchObject({ isError: true, content: [{ type: 'text', text: 'too far' }] })
  expect(refused).toMatchObject({ isError: true })
  expect(of('client', 'execute_tool fail')?.statusCode).toBe(2)
  expect(of('server', 'execute_tool fail')).toMatchObject({
    statusCode: 2,
    attributes: { [attr.errorType]: 'RangeError' },
  })
})
