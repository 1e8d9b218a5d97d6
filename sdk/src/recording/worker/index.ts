import { DurableObject } from 'cloudflare:workers'
import { json } from '../../json/index.ts'
import { createSandglass, type Sandglass, type SandglassOptions } from '../../index.ts'
import { plays } from './plays.ts'

interface Env {
  readonly OTLP_ENDPOINT: string
  readonly BOX: DurableObjectNamespace<Box>
}

export interface PlayRequest {
  readonly play: string
  /** The object, and so the sandbox. */
  readonly box: string
  readonly start?: string[]
  readonly encoding?: 'json' | 'protobuf'
}

const POLICY: NonNullable<SandglassOptions['policy']> = {
  id: 'tiers',
  version: '7',
  mode: 'enforce',
  tiers: {
    A: {},
    B: {},
    C: {
      rules: [
        { id: 'no-manifests', kind: 'path', match: ['/workspace/deploy/**'], effect: 'deny' },
        { id: 'no-production', kind: 'secret', match: ['PROD_*'], effect: 'deny' },
        { id: 'registry', kind: 'secret', match: ['NPM_*'], effect: 'allow' },
        { id: 'no-downloaders', kind: 'command', match: ['curl', 'wget'], effect: 'deny' },
      ],
    },
  },
}

/** One sandbox with the instrument of its object's life. */
export class Box extends DurableObject<Env> {
  #parts:
    | { readonly sandglass: Sandglass; readonly container: Container; readonly bare: Container }
    | undefined

  async play({ play, box, start, encoding }: PlayRequest): Promise<string> {
    const found = plays[play]
    if (found === undefined) throw new Error(`no play is called ${play}`)
    const { sandglass, container, bare } = (this.#parts ??= this.#build(
      box,
      encoding === 'json' ? { encoding: json } : {},
    ))
    if (!container.running) container.start({ entrypoint: start ?? ['sleep', '600'], enableInternet: false })
    const result = await found({ sandglass, container, bare })
    return JSON.stringify({ result, stats: await sandglass.flush() })
  }

  /** The object goes as when it is evicted: nothing of it is told. */
  evict(): void {
    this.ctx.abort('evicted')
  }

  #build(sandboxName: string, options: Partial<SandglassOptions>) {
    const bare = this.ctx.container
    if (bare === undefined) throw new Error('no container')
    const sandglass = createSandglass({
      serviceName: 'recording',
      serviceVersion: '1.2.3',
      environment: 'test',
      endpoint: this.env.OTLP_ENDPOINT,
      promptHashKey: 'a key for tests',
      state: this.ctx.storage,
      policy: POLICY,
      ...options,
    })
    const container = sandglass.container(bare, {
      sandboxId: this.ctx.id.toString(),
      sandboxName,
      instanceType: 'standard-1',
      watch: ['/workspace'],
      meterIntervalMs: 500,
    })
    return { sandglass, container, bare }
  }
}

// oxlint-disable-next-line import/no-default-export -- the runtime looks for it here
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const asked: PlayRequest = await request.json()
    const box = env.BOX.get(env.BOX.idFromName(asked.box))
    if (asked.play !== 'evict') return new Response(await box.play(asked))
    await box.evict().catch(() => {})
    return Response.json({ result: 'evicted' })
  },
} satisfies ExportedHandler<Env>
