/** A customer's Worker, as small as one can be: built against the packages as they are published. */
import { createSandglass, type Sandglass } from '@sandglass/sdk'
import { aiTelemetry } from '@sandglass/sdk/ai'
import { recordAgent } from '@sandglass/sdk/cloudflare-agents'
import { createGate } from '@sandglass/sdk/governor'
import { mcpClient } from '@sandglass/sdk/mcp'
import { openAiAgentsProcessor } from '@sandglass/sdk/openai-agents'

/** Every entry point is there without the framework that it is for. */
const entries = [aiTelemetry, recordAgent, createGate, mcpClient, openAiAgentsProcessor]

interface Env {
  readonly OTLP_ENDPOINT: string
}

async function work(sandglass: Sandglass): Promise<string> {
  return sandglass.task({ class: 'greet', team: 'web', tier: 'A', agent: 'greeter' }, async (task) => {
    const name = await task.prompt(
      { text: 'who is there?', source: 'user', model: 'opus-5', provider: 'anthropic' },
      (prompt) => {
        prompt.usage({ inputTokens: 7, outputTokens: 2, responseId: 'resp_1' })
        return 'world'
      },
    )
    return task.tool('greet', { name }, () => `hello ${name}`)
  })
}

// oxlint-disable-next-line import/no-default-export -- the runtime looks for it here
export default {
  async fetch(_: Request, env: Env): Promise<Response> {
    const sandglass = createSandglass({ serviceName: 'packed-worker', endpoint: env.OTLP_ENDPOINT })
    const text = await work(sandglass)
    return Response.json({ text, entries: entries.length, stats: await sandglass.flush() })
  },
} satisfies ExportedHandler<Env>
