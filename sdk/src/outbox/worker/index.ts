import { DurableObject } from 'cloudflare:workers'
import { createSandglass, type Sandglass } from '../../index.ts'
import { deliverOutbox, queueOutbox, storageOutbox, type KeptRequest } from '../index.ts'

interface Env {
  readonly OTLP_ENDPOINT: string
  readonly BOX: DurableObjectNamespace<Box>
  readonly OUTBOX: Queue<KeptRequest>
}

type Way = 'none' | 'storage' | 'queue'

/** An object that records, and dies when it is told to. */
export class Box extends DurableObject<Env> {
  #made: Sandglass | undefined

  #sandglass(way: Way): Sandglass {
    const outboxes = {
      none: () => undefined,
      storage: () => storageOutbox(this.ctx.storage),
      queue: () => queueOutbox(this.env.OUTBOX),
    }
    this.#made ??= createSandglass({
      serviceName: 'outbox',
      endpoint: this.env.OTLP_ENDPOINT,
      state: this.ctx.storage,
      outbox: outboxes[way](),
      waitUntil: (work) => this.ctx.waitUntil(work),
      flushIntervalMs: 0,
      onDiagnostic() {},
    })
    const sandbox = { running: false, exec: () => Promise.reject(new Error('no container')) }
    this.#made.container(sandbox, { sandboxId: this.ctx.id.toString(), meterIntervalMs: 0 })
    return this.#made
  }

  /** Records an event per name, and answers at once. */
  async record(way: Way, names: readonly string[]): Promise<void> {
    const { secrets } = this.#sandglass(way)
    for (const name of names) await secrets.access({ name, channel: 'env' }, () => undefined)
  }

  async flush(way: Way): Promise<string> {
    return JSON.stringify(await this.#sandglass(way).flush())
  }

  async crash(): Promise<void> {
    this.ctx.abort('crashed')
  }
}

interface Asked {
  readonly box: string
  readonly way: Way
  readonly names?: string[]
}

// oxlint-disable-next-line import/no-default-export -- the runtime looks for it here
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { box, way, names = [] }: Asked = await request.json()
    const object = env.BOX.get(env.BOX.idFromName(box))
    const { pathname } = new URL(request.url)
    if (pathname === '/record') await object.record(way, names)
    if (pathname === '/crash') await object.crash().catch(() => {})
    return pathname === '/flush' ? new Response(await object.flush(way)) : Response.json({})
  },
  async queue(batch: MessageBatch, env: Env): Promise<void> {
    await deliverOutbox(batch, { endpoint: env.OTLP_ENDPOINT })
  },
} satisfies ExportedHandler<Env>
