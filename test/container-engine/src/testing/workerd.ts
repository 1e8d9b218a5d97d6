import { Miniflare } from 'miniflare'
import type { MiniflareOptions } from 'miniflare'

import { startContainerEngine } from '../engine.ts'
import type { ContainerEngine, ContainerStatus } from '../engine.ts'
import { readProcess } from '../cpu/process-table.ts'

/** `ctx.container` as these tests use it; Cloudflare's own types are for code that is compiled for Workers. */
interface TestContainer {
  readonly running: boolean
  start(options?: object): void
  exec(cmd: string[], options?: object): Promise<TestProcess>
  monitor(): Promise<void>
  destroy(reason?: unknown): Promise<void>
  signal(signo: number): void
  inspect(): Promise<{ labels: Record<string, string>; image: string } | null>
  getTcpPort(port: number): { fetch(url: string): Promise<Response> }
  interceptOutboundHttp(host: string, binding: unknown): Promise<void>
  setInactivityTimeout(durationMs: number): Promise<void>
  snapshotContainer(options?: object): Promise<{ id: string; size: number }>
}

interface TestProcess {
  readonly pid: number
  readonly stdin: WritableStream<Uint8Array>
  readonly stdout: ReadableStream<Uint8Array>
  readonly stderr: ReadableStream<Uint8Array>
  readonly exitCode: Promise<number>
  output(): Promise<{ stdout: ArrayBuffer; stderr: ArrayBuffer; exitCode: number }>
  kill(signal?: number): void
}

export type Shell = (
  script: string,
  options?: object,
) => Promise<{ stdout: string; stderr: string; exitCode: number; pid: number }>

interface TestScope {
  readonly container: TestContainer
  /** Runs to the end and decodes. */
  readonly sh: Shell
  /** Resets the object: its memory is gone, as when it is evicted. */
  readonly abort: () => void
  readonly exports: { Outbound(options: object): unknown }
}

const WORKER = `
import { DurableObject, WorkerEntrypoint } from 'cloudflare:workers'

export class Outbound extends WorkerEntrypoint {
  fetch(request) {
    return new Response('intercepted ' + request.method + ' ' + request.url + ' ' + (request.headers.get('x-note') ?? ''))
  }
}

export class Box extends DurableObject {
  async fetch(request) {
    const { body, args } = await request.json()
    const container = this.ctx.container
    const sh = async (script, options) => {
      const child = await container.exec(['sh', '-c', script], options)
      const { stdout, stderr, exitCode } = await child.output()
      const text = (bytes) => new TextDecoder().decode(bytes)
      return { stdout: text(stdout), stderr: text(stderr), exitCode, pid: child.pid }
    }
    try {
      const run = this.env.EVAL.eval('(' + body + ')')
      return Response.json({ value: await run({ container, sh, abort: () => this.ctx.abort('reset'), exports: this.ctx.exports }, ...args) })
    } catch (error) {
      return Response.json({ error: String(error), exitCode: error?.exitCode })
    }
  }
}

export default {
  fetch(request, env) {
    return env.BOX.get(env.BOX.idFromName(new URL(request.url).pathname)).fetch(request)
  },
}
`

export interface TestWorker {
  readonly engine: ContainerEngine
  /** Runs a function inside the Durable Object of that name, on workerd: it must not use anything of its surroundings. */
  run<Result, Args extends unknown[]>(
    box: string,
    body: (scope: TestScope, ...args: Args) => Promise<Result>,
    ...args: Args
  ): Promise<Result>
  /** Starts the container of that Durable Object, labelled with its name; resolves once it runs. */
  start(box: string, options?: object): Promise<void>
  /** @throws when that Durable Object has no container. */
  containerOf(box: string): ContainerStatus
  stop(): Promise<void>
}

export function isAlive(pid: number): boolean {
  const row = readProcess(pid)
  return row !== undefined && !row.zombie
}

/** A real workerd whose Durable Objects have containers of a new engine. */
export async function startTestWorker(): Promise<TestWorker> {
  const engine = await startContainerEngine()
  const miniflare = new Miniflare(optionsFor(engine))
  const url = await miniflare.ready.catch(async (error: unknown) => {
    await engine.stop()
    throw error
  })
  const run: TestWorker['run'] = async (box, body, ...args) => {
    const request = { method: 'POST', body: JSON.stringify({ body: body.toString(), args }) }
    const response = await fetch(new URL(`/${box}`, url), request)
    const answer: { value: never; error?: string } = JSON.parse(await response.text())
    if (answer.error !== undefined) throw new Error(answer.error)
    return answer.value
  }
  return {
    engine,
    run,
    start(box, options = {}) {
      const body = async ({ container, sh }: TestScope, given: object): Promise<void> => {
        container.start(given)
        await sh('true')
      }
      return run(box, body, { enableInternet: false, labels: { box }, ...options })
    },
    containerOf(box) {
      const found = engine.containers().find(({ labels }) => labels['workerd-box'] === box)
      if (found === undefined) throw new Error(`no container of ${box}`)
      return found
    },
    async stop() {
      await miniflare.dispose()
      await engine.stop()
    },
  }
}

function optionsFor(engine: ContainerEngine): MiniflareOptions {
  return {
    modules: true,
    script: WORKER,
    compatibilityDate: '2026-07-01',
    compatibilityFlags: ['nodejs_compat', 'experimental'],
    unsafeEvalBinding: 'EVAL',
    containerEngine: {
      localDocker: { socketPath: engine.socketPath, containerEgressInterceptorImage: 'egress' },
    },
    durableObjects: { BOX: { className: 'Box', useSQLite: true, container: { imageName: 'any' } } },
  }
}
