import { ContainerProxy as PackageProxy, getSandbox, Sandbox as PackageSandbox } from '@cloudflare/sandbox'
import { DurableObject, WorkerEntrypoint } from 'cloudflare:workers'
import { createSandglass, type Sandglass } from '../../index.ts'
import { hostedBy, withEgressAudit, withSandglass } from '../index.ts'

interface Env {
  readonly OTLP_ENDPOINT: string
  readonly SANDBOX: DurableObjectNamespace<AgentSandbox>
  readonly BOX: DurableObjectNamespace<Box>
}

const instrument = (env: Env, more: object = {}): Sandglass =>
  createSandglass({ serviceName: 'mixin', endpoint: env.OTLP_ENDPOINT, flushIntervalMs: 50, ...more })

/** Objects whose gate is closed, by id. */
const closed = new Set<string>()

class AgentSandbox extends PackageSandbox<Env> {
  #starts = 0

  override async onStart(): Promise<void> {
    this.#starts++
    await super.onStart()
  }

  /** How often its own hook ran. */
  starts(): number {
    return this.#starts
  }

  /** Loses all of this object but its storage; its local container ends with it. */
  reset(): void {
    this.ctx.abort('reset')
  }

  async measure(): Promise<number> {
    const hosted = hostedBy(this)
    await hosted?.sandbox.measure()
    await hosted?.sandglass.flush()
    return hosted?.sandbox.generation ?? 0
  }
}

AgentSandbox.outbound = (request) => new Response(`answered ${new URL(request.url).hostname}`)

export const Sandbox = withSandglass(AgentSandbox, (env: Env, ctx) => ({
  sandglass: instrument(env, { state: ctx.storage }),
  instanceType: 'lite',
  meterIntervalMs: 60_000,
  labels: { team: 'payments', tier: 'B' },
  gate() {
    if (closed.has(ctx.id.toString())) throw new RangeError('suspended by its budget')
  },
}))

/** One whose description fails: it must work all the same. */
export const Undescribed = withSandglass(PackageSandbox, () => {
  throw new Error('no description')
})

export class ContainerProxy extends withEgressAudit(PackageProxy, (env: Env) => ({
  sandglass: instrument(env),
})) {}

class Outside extends WorkerEntrypoint<Env, { sandboxId: string }> {
  override fetch(request: Request): Response {
    if (new URL(request.url).hostname === 'broken.test') throw new Error('the way out is broken')
    return new Response(new Blob(['from outside']).stream(), { status: 201 })
  }
}

/** A way out for containers that are driven without the package. */
export class Egress extends withEgressAudit(Outside, (env: Env) => ({ sandglass: instrument(env) })) {}

/** A 1.x object: it drives its container itself. */
export class Box extends DurableObject<Env> {
  /** Starts its container in a task, without any option. */
  async startInTask(): Promise<void> {
    const { container: bare, id } = this.ctx
    if (bare === undefined) throw new Error('no container')
    const sandglass = instrument(this.env)
    const container = sandglass.container(bare, { sandboxId: id.toString(), meterIntervalMs: 0 })
    const spec = { id: 'task-of-labels', class: 'c', team: 'search', tier: 'C', agent: 'a' } as const
    await sandglass.task(spec, async () => {
      container.start()
      await (await container.exec(['true'])).output()
    })
  }

  async fetchFromInside(url: string): Promise<string> {
    const { container } = this.ctx
    if (container === undefined) throw new Error('no container')
    const exports = Reflect.get(this.ctx, 'exports') as { Egress(options: object): Fetcher }
    container.start({ entrypoint: ['sleep', '600'], enableInternet: false })
    const way = exports.Egress({ props: { sandboxId: this.ctx.id.toString() } })
    await container.interceptAllOutboundHttp(way)
    const code = `fetch(${JSON.stringify(url)}, { method: 'POST', body: 'hello' }).then(async (r) => console.log(r.status, await r.text()), () => console.log('failed'))`
    const { stdout } = await (await container.exec(['node', '-e', code])).output()
    await container.destroy()
    return new TextDecoder().decode(stdout).trim()
  }
}

interface Step {
  readonly name: string
  readonly method: string
  readonly args?: readonly unknown[]
}

function setGate(id: string, isClosed: boolean): void {
  if (isClosed) closed.add(id)
  else closed.delete(id)
}

async function play(env: Env, { name, method, args = [] }: Step): Promise<unknown> {
  const sandbox = getSandbox(env.SANDBOX, name)
  if (method === 'gate') return setGate(String(Reflect.get(sandbox, 'id')), args[0] === 'close')
  if (method === 'fetchPort')
    return (await sandbox.containerFetch('http://box/hello', { method: 'PUT' }, Number(args[0]))).text()
  const methods = sandbox as unknown as Record<string, (...args: readonly unknown[]) => unknown>
  return methods[method]?.(...args)
}

// oxlint-disable-next-line import/no-default-export -- the runtime looks for it here
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const step: Step = await request.json()
    try {
      const box = env.BOX.get(env.BOX.idFromName(step.name))
      if (step.method === 'startInTask') return Response.json({ value: await box.startInTask() })
      if (step.method === 'fetchFromInside') {
        return Response.json({ value: await box.fetchFromInside(String(step.args?.[0])) })
      }
      return Response.json({ value: await play(env, step) })
    } catch (error) {
      return Response.json({
        error: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      })
    }
  },
} satisfies ExportedHandler<Env>
