/** A real workerd with the governor, its scopes and a guarded sandbox on a local container engine. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startContainerEngine, type ContainerEngine } from '@sandglass/container-engine'
import { governorRoute, GOVERNOR_PATH } from '@sandglass/schemas/governor'
import { leaseReplySchema, type LeaseReply } from '@sandglass/schemas/governor/lease'
import { signatureHeaders, type SignedParts } from '@sandglass/schemas/governor/signature'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'

const WORKER = `
import { DurableObject } from 'cloudflare:workers'
import { createGate, createGovernor, SandglassLeases, SandglassScope, SandglassSuspendedError, tarBackup } from './index.ts'

export { SandglassLeases, SandglassScope }

export class Box extends DurableObject {
  events = []
  context = {}
  commands = 0
  constructor(ctx, env) {
    super(ctx, env)
    this.gate = createGate({
      ctx,
      scopes: env.SCOPES,
      context: () => this.context,
      emit: (name, attributes) => this.events.push({ name, attributes }),
      backup: this.breakable(tarBackup({ container: ctx.container, storage: ctx.storage })),
    })
    this.container = this.gate.guard(ctx.container)
  }
  breakable(backup) {
    const tamper = async (snapshot) => {
      if (this.broken === 'tampered') await this.ctx.storage.put('sandglass:snapshot:' + snapshot.id + ':000000', new Uint8Array(512))
    }
    return {
      ...backup,
      create: async () => {
        if (this.broken === 'create') throw new Error('disk full')
        const snapshot = await backup.create()
        await tamper(snapshot)
        return this.broken === 'expiring' ? { ...snapshot, expiresAtMs: 1 } : snapshot
      },
    }
  }
  break(command) { this.broken = command[0]; return true }
  sandglassGate(call) { return this.gate.call(call) }
  async fetch(request) {
    const { operation, command, context } = await request.json()
    this.context = context ?? this.context
    try {
      return Response.json({ value: await this[operation](command) })
    } catch (error) {
      return Response.json({ error: String(error), suspended: SandglassSuspendedError.is(error), refusal: error.refusal })
    }
  }
  start() { this.container.start(); return true }
  async exec(command) {
    const child = await this.container.exec(command, { stdout: 'pipe', stderr: 'ignore' })
    this.commands++
    const { stdout, exitCode } = await child.output().finally(() => this.commands--)
    return { stdout: new TextDecoder().decode(stdout), exitCode }
  }
  async port() { return (await this.container.getTcpPort(8080).fetch('http://x/')).status }
  async admit(command) { return this.gate.admit({ priority: command[0] }) }
  raw() { this.ctx.container.start(); return true }
  look() { return { state: this.gate.state(), running: this.ctx.container.running, commands: this.commands, events: this.events } }
  crash() { this.ctx.abort('restart') }
}

const governor = createGovernor({
  secrets: (env) => env.SECRETS,
  scopes: (env) => env.SCOPES,
  sandbox: (env, id) => env.BOX.get(env.BOX.idFromString(id)),
})

export default {
  async fetch(request, env) {
    const url = new URL(request.url)
    if (url.pathname.startsWith('/sandglass/governor/')) return governor.fetch(request, env)
    if (url.pathname === '/lease') return env.LEASES.get(env.LEASES.idFromName('test')).fetch(request)
    const id = env.BOX.idFromName(url.pathname)
    if (url.pathname.endsWith('/id')) return new Response(env.BOX.idFromName(url.pathname.slice(0, -3)).toString())
    return env.BOX.get(id).fetch(request)
  },
}
`

export interface Looked {
  readonly state: { readonly phase: string; readonly restorePending: boolean; readonly holds: object }
  readonly running: boolean
  /** Commands started and not ended. */
  readonly commands: number
  readonly events: readonly {
    readonly name: string
    readonly attributes: Readonly<Record<string, unknown>>
  }[]
}

export interface Outcome {
  readonly value?: unknown
  readonly error?: string
  readonly suspended?: boolean
  readonly refusal?: { readonly budget: string; readonly reason: string; readonly decisionId: string }
}

export interface TestWorker {
  readonly engine: ContainerEngine
  readonly url: URL
  sandboxId(box: string): Promise<string>
  ask(box: string, operation: string, command?: readonly string[], context?: object): Promise<Outcome>
  look(box: string): Promise<Looked>
  /** A call of the leases of one scope. */
  lease(body: object): Promise<LeaseReply>
  /** A signed call; `parts` replaces what is signed, `sent` what is sent. */
  call(
    route: keyof typeof governorRoute,
    body?: unknown,
    options?: { readonly parts?: Partial<SignedParts>; readonly secret?: string; readonly nonce?: string },
  ): Promise<{ readonly status: number; readonly body: Record<string, unknown> }>
  stop(): Promise<void>
}

export const SECRET = 'test-secret-test-secret-test-secret-1'
export const OLD_SECRET = 'test-secret-test-secret-test-secret-0'

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: WORKER, resolveDir: join(import.meta.dirname, '..'), loader: 'js' },
    bundle: true,
    write: false,
    format: 'esm',
    keepNames: true,
    external: ['cloudflare:*', 'node:*'],
    conditions: ['@sandglass/source', 'workerd', 'worker', 'import'],
  })
  return outputFiles[0]?.text ?? ''
}

export async function startTestWorker(): Promise<TestWorker> {
  const engine = await startContainerEngine()
  const persist = mkdtempSync(join(tmpdir(), 'sandglass-governor-'))
  const miniflare = new Miniflare({
    modules: true,
    script: await bundle(),
    compatibilityDate: '2026-07-01',
    compatibilityFlags: ['nodejs_compat'],
    bindings: { SECRETS: [SECRET, OLD_SECRET] },
    containerEngine: {
      localDocker: { socketPath: engine.socketPath, containerEgressInterceptorImage: 'egress' },
    },
    defaultPersistRoot: persist,
    durableObjects: {
      BOX: { className: 'Box', useSQLite: true, container: { imageName: 'any' } },
      SCOPES: { className: 'SandglassScope', useSQLite: true },
      LEASES: { className: 'SandglassLeases', useSQLite: true },
    },
  })
  const url = await miniflare.ready
  const ask: TestWorker['ask'] = async (box, operation, command, context) => {
    const body = JSON.stringify({ operation, command, context })
    const response = await fetch(new URL(`/${box}`, url), { method: 'POST', body })
    return JSON.parse(await response.text()) as Outcome
  }
  return {
    engine,
    url,
    ask,
    sandboxId: async (box) => (await fetch(new URL(`/${box}/id`, url))).text(),
    lease: async (body) => {
      const init = { method: 'POST', body: JSON.stringify(body) }
      return leaseReplySchema.parse(await (await fetch(new URL('/lease', url), init)).json())
    },
    look: async (box) => (await ask(box, 'look')).value as Looked,
    async call(route, body, { parts, secret, nonce } = {}) {
      const { method, path } = governorRoute[route]
      const sent = {
        method,
        path: GOVERNOR_PATH + path,
        body: body === undefined ? '' : JSON.stringify(body),
      }
      const signed = { ...sent, timestampMs: Date.now(), nonce: nonce ?? randomUUID(), ...parts }
      const headers = await signatureHeaders(secret ?? SECRET, signed)
      const init = { method, headers, ...(body === undefined ? {} : { body: sent.body }) }
      const response = await fetch(new URL(sent.path, url), init)
      return { status: response.status, body: JSON.parse(await response.text()) }
    },
    async stop() {
      await miniflare.dispose()
      await engine.stop()
      rmSync(persist, { recursive: true, force: true })
    },
  }
}
