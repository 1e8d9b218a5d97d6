import { DurableObject, WorkerEntrypoint } from 'cloudflare:workers'
import { recordBackup, recordMount } from '../../backup/index.ts'
import { createSandglass, type Sandglass } from '../../index.ts'
import { backupOperations } from '../../operations/backup-operations.ts'
import { containerOperations } from '../../operations/container-operations.ts'
import { filesOperations } from '../../operations/files-operations.ts'
import { mountOperations } from '../../operations/mount-operations.ts'
import { absent, called, PROCESS_METHODS, watchCalls } from './called.ts'
import * as complete from './complete.ts'
import { HOSTILE } from './hostile.ts'
import { scenarios } from './scenarios.ts'
import { DirectoryBackup, Files, S3Mount } from './shapes.ts'
import type { Stage } from './stage.ts'

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

/** What must have a scenario: every method that is recorded, and every one of a process. */
const METHODS = {
  container: Object.keys(containerOperations),
  process: PROCESS_METHODS,
  files: Object.keys(filesOperations),
  backup: Object.keys(backupOperations),
  mount: Object.keys(mountOperations),
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
    const { container, helpers } = this.#dress(as)
    const exports = Reflect.get(this.ctx, 'exports') as { Answering(options: object): Fetcher }
    const unhandled: string[] = []
    const listen = (event: PromiseRejectionEvent): void => void unhandled.push(String(event.reason))
    addEventListener('unhandledrejection', listen)
    try {
      const seen = await play({ container, helpers, fetcher: exports.Answering({}), port: freePort() })
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

  #dress(as: RunRequest['as']): Pick<Stage, 'container' | 'helpers'> {
    const { container } = this.ctx
    if (container === undefined) throw new Error('no container')
    const [files, backup, mount] = [
      new Files(container),
      new DirectoryBackup(container),
      new S3Mount(container),
    ]
    for (const [kind, object] of Object.entries({ container, files, backup, mount })) watchCalls(kind, object)
    if (as === 'bare') return { container, helpers: { files, backup, mount } }
    const options = { serviceName: 'conformance', endpoint: this.env.OTLP_ENDPOINT, state: this.ctx.storage }
    const sandglass = createSandglass({ ...options, ...(as === 'hostile' ? HOSTILE : {}) })
    this.#sandglass = sandglass
    const wrapped = sandglass.container(container, {
      sandboxId: this.ctx.id.toString(),
      instanceType: 'lite',
      watch: as === 'wrapped' ? ['/workspace'] : undefined,
    })
    const helpers = {
      files: sandglass.files(files, wrapped),
      backup: recordBackup(sandglass, backup, wrapped),
      mount: recordMount(sandglass, mount, wrapped),
    }
    return { container: wrapped, helpers }
  }
}

// oxlint-disable-next-line import/no-default-export -- the runtime looks for it here
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/scenarios') return Response.json(Object.keys(scenarios))
    if (pathname === '/called') return Response.json({ called: [...called].toSorted(), absent: [...absent] })
    if (pathname === '/methods') return Response.json(METHODS)
    if (pathname === '/complete') return Response.json(Object.values(complete))
    const wanted: RunRequest = await request.json()
    const id = env.BOX.newUniqueId()
    return new Response(await env.BOX.get(id).run(wanted))
  },
} satisfies ExportedHandler<Env>
