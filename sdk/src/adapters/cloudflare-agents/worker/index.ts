import { Agent, callable, getAgentByName, type Connection } from 'agents'
import { generateText, isStepCount, jsonSchema, tool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { createSandglass, type TaskSpec } from '../../../index.ts'
import { aiTelemetry } from '../../ai/index.ts'
import { agentTask, recordAgent } from '../index.ts'

interface Env extends Cloudflare.Env {
  readonly OTLP_ENDPOINT: string
  readonly BOX: DurableObjectNamespace<Box>
}

const SPEC = { class: 'code_fix', team: 'payments', tier: 'B', agent: 'fixer' } as const

const USAGE = {
  inputTokens: { total: 7, noCache: 7, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 2, text: 2, reasoning: 0 },
}

/** A model that asks for one tool, then is done. */
function modelOf(callId: string): MockLanguageModelV4 {
  return new MockLanguageModelV4({
    modelId: 'opus-5',
    doGenerate: [
      {
        content: [
          { type: 'tool-call', toolCallId: callId, toolName: 'shell', input: '{"command":"echo hi"}' },
        ],
        finishReason: { unified: 'tool-calls', raw: '' },
        usage: USAGE,
        warnings: [],
      },
      {
        content: [{ type: 'text', text: 'done' }],
        finishReason: { unified: 'stop', raw: '' },
        usage: USAGE,
        warnings: [],
      },
    ],
  })
}

const command = jsonSchema<{ command: string }>({
  type: 'object',
  properties: { command: { type: 'string' } },
  required: ['command'],
})

/** An Agent with a sandbox of its own. */
export class Box extends Agent<Env> {
  static override options = { sendIdentityOnConnect: false }
  readonly sandglass = createSandglass({
    serviceName: 'agents',
    endpoint: this.env.OTLP_ENDPOINT,
    state: this.ctx.storage,
    waitUntil: (work) => this.ctx.waitUntil(work),
  })
  readonly #container: Container

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    if (ctx.container === undefined) throw new Error('no container')
    this.#container = this.sandglass.container(ctx.container, { sandboxId: ctx.id.toString() })
    recordAgent(this.sandglass, this, {
      task(work): TaskSpec | undefined {
        if (work.kind === 'message' && work.type !== 'fix') return undefined
        return { ...SPEC, id: `by-${work.kind}` }
      },
    })
  }

  async #generate(callId: string): Promise<string> {
    const container = this.#container
    if (!container.running) container.start({ entrypoint: ['sleep', '600'], enableInternet: false })
    const shell = tool({
      inputSchema: command,
      async execute(input) {
        const process = await container.exec(['sh', '-c', input.command])
        return new TextDecoder().decode((await process.output()).stdout)
      },
    })
    const { text, steps } = await generateText({
      model: modelOf(callId),
      prompt: 'say hi',
      tools: { shell },
      stopWhen: isStepCount(3),
      telemetry: { integrations: [aiTelemetry(this.sandglass)] },
    })
    const output = String(steps[0]?.toolResults[0]?.output)
    await this.sandglass.flush()
    return `${text}: ${output.trim()}`
  }

  @callable()
  @agentTask((_: Box, id: string) => ({ ...SPEC, id }))
  async fix(id: string): Promise<string> {
    return this.#generate(`call-${id}`)
  }

  override async onRequest(): Promise<Response> {
    return Response.json(await this.#generate('call-request'))
  }

  override async onMessage(connection: Connection): Promise<void> {
    connection.send(await this.#generate('call-message'))
  }

  async sync(): Promise<void> {
    await this.sandglass.flush()
  }
}

/** Speaks to the Agent as a client does, until it says `done` in an answer. */
async function converse(agent: DurableObjectStub<Box>, message: string): Promise<string> {
  const { webSocket } = await agent.fetch('https://agent.example/', { headers: { upgrade: 'websocket' } })
  if (webSocket === null) throw new Error('no web socket')
  webSocket.accept()
  const answer = new Promise<string>((resolve) => {
    webSocket.addEventListener('message', ({ data }) => {
      if (typeof data === 'string' && data.includes('done: ')) resolve(data)
    })
  })
  webSocket.send(message)
  const text = await answer
  webSocket.close()
  return text
}

// oxlint-disable-next-line import/no-default-export -- the runtime looks for it here
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const agent = await getAgentByName(env.BOX, 'box')
    const rpc = JSON.stringify({ type: 'rpc', id: '1', method: 'fix', args: ['by-client'] })
    const ways: Readonly<Record<string, () => Promise<unknown>>> = {
      '/request': async () => (await agent.fetch('https://agent.example/')).json(),
      '/message': () => converse(agent, JSON.stringify({ type: 'fix' })),
      '/rpc': () => agent.fix('by-stub'),
      '/client': async () => JSON.parse(await converse(agent, rpc)),
    }
    const answer = await ways[new URL(request.url).pathname]?.()
    await agent.sync()
    return Response.json(answer ?? null)
  },
} satisfies ExportedHandler<Env>
