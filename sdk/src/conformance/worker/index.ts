import { DurableObject, WorkerEntrypoint } from 'cloudflare:workers'
import { createSandglass, type Sandglass } from '../../index.ts'
import * as complete from './complete.ts'
import { HOSTILE } from './hostile.ts'
import { scenarios } from './scenarios.ts'

interface Env {
  readonly OTLP_ENDPOINT: string
  readonly BOX: DurableObjectNamespace<Box>
}

export interface RunRequest {
  readonly scenario: string
  /** How the container is seen; `hostile` makes everything of ours fail. */
  readonly as: 'bare' | 'wrapped' | 'hostile'
}

/** Local containers share their machine's ports. */
function freePort(): number {
  const [random = 0] = crypto.getRandomValues(new Uint16Array(1))
  return 20_000 + (random % 40_000)
}

export class Answering extends WorkerEntrypoint {
  override fetch(): Response {
    return new Response('answered')
  }
}

/** Runs one scenario on its container. */
export class Box extends DurableObject<Env> {
  #sandglass: Sandglass | undefined

  /** Resolves with what was seen, as JSON. */
  async run({ scenario, as }: RunRequest): Promise<string> {
    const play = scenarios[scenario]
    if (play === undefined) throw new Error(`no scenario is called ${scenario}`)
    const container = this.#dress(as)
    const exports = Reflect.get(this.ctx, 'exports') as { Answering(options: object): Fetcher }
    const unhandled: string[] = []
    const listen = (event: PromiseRejectionEvent): void => void unhandled.push(String(event.reason))
    addEventListener('unhandledrejection', listen)
    try {
      const seen = await play({ container, fetcher: exports.Answering({}), port: freePort() })
      return JSON.stringify({ seen, unhandled })
    } finally {
      removeEventListener('unhandledrejection', listen)
      await container.destroy().catch(() => {})
      await this.#sandglass
        ?.sandbox(container)
        ?.close()
        .catch(() => {})
      if (as !== 'hostile') await this.#sandglass?.flush()
    }
  }

  #dress(as: RunRequest['as']): Container {
    const { container } = this.ctx
    if (container === undefined) throw new Error('no container')
    if (as === 'bare') return container
    const options = { serviceName: 'conformance', endpoint: this.env.OTLP_ENDPOINT, state: this.ctx.storage }
    this.#sandglass = createSandglass({ ...options, ...(as === 'hostile' ? HOSTILE : {}) })
    return this.#sandglass.container(container, {
      sandboxId: this.ctx.id.toString(),
      instanceType: 'lite',
      watch: as === 'wrapped' ? ['/workspace'] : undefined,
    })
  }
}

// oxlint-disable-next-line import/no-default-export -- the runtime looks for it here
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/scenarios') return Response.json(Object.keys(scenarios))
    if (pathname === '/complete') return Response.json(Object.values(complete))
    const wanted: RunRequest = await request.json()
    const id = env.BOX.newUniqueId()
    return new Response(await env.BOX.get(id).run(wanted))
  },
} satisfies ExportedHandler<Env>
