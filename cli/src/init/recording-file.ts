/** The file that init adds to a Worker: how it is observed. */
import type { Level } from './levels.ts'

export interface RecordingSpec {
  readonly service: string
  readonly level: Level
  readonly instanceType: string | undefined
  /** Functions for the package's helpers that the Worker uses. */
  readonly storage: readonly string[]
}

const HEAD = `/** How this Worker is observed. Written once by \`sandglass init\`, yours to change. */
import { createSandglass, type Sandglass } from '@sandglass/sdk'
`

const READ = `
/** A variable or secret of this Worker. */
function read(name: string): string | undefined {
  const value: unknown = Reflect.get(env, name)
  return typeof value === 'string' ? value : undefined
}
`

function options({ service, level }: RecordingSpec): string {
  const hash = level === 'L2' ? "\n    promptHashKey: read('PROMPT_HASH_KEY')," : ''
  return `serviceName: ${JSON.stringify(service)},
    endpoint: read('OTLP_ENDPOINT') ?? 'http://127.0.0.1:4318',
    headers: { authorization: \`Bearer \${read('OTLP_TOKEN') ?? ''}\` },${hash}`
}

const TASK = `
/**
 * What the tasks of this Worker have in common; whatever runs inside of one carries it:
 * \`sandglass.task({ ...TASK, class: 'code_fix' }, async (task) => { … })\`.
 */
export const TASK = { team: 'unassigned', tier: 'B', agent: 'agent' } as const
`

const storageOf = ({ storage }: RecordingSpec): string =>
  storage.length === 0 ? '' : `\nexport { ${storage.join(', ')} } from '@sandglass/sdk/storage'\n`

const taskOf = ({ level }: RecordingSpec): string => (level === 'L2' ? TASK : '')

/** For Durable Objects that drive their container: one instrument for the life of the object. */
export function containerRecording(spec: RecordingSpec): string {
  const size =
    spec.instanceType === undefined ? '' : `\n    instanceType: ${JSON.stringify(spec.instanceType)},`
  return `${HEAD}import { env } from 'cloudflare:workers'

type Context = Pick<DurableObjectState, 'id' | 'storage' | 'waitUntil' | 'container'>
${READ}
/** The instrument of one Durable Object. */
export function startSandglass(ctx: Context): Sandglass {
  return createSandglass({
    ${options(spec)}
    state: ctx.storage,
    waitUntil: (work) => ctx.waitUntil(work),
  })
}

/** The container of a Durable Object, recorded; the same in every other respect. */
export function recordContainer(sandglass: Sandglass, ctx: Context): Container | undefined {
  if (ctx.container === undefined) return undefined
  return sandglass.container(ctx.container, {
    sandboxId: ctx.id.toString(),
    sandboxName: ctx.id.name,${size}
  })
}
${storageOf(spec)}${taskOf(spec)}`
}

/** For Workers that call \`getSandbox()\`: one instrument for a request. */
export function clientRecording(spec: RecordingSpec): string {
  return `${HEAD}import { env, waitUntil } from 'cloudflare:workers'
${READ}
/** The instrument of one request. */
export function startSandglass(): Sandglass {
  return createSandglass({
    ${options(spec)}
    waitUntil: (work) => waitUntil(work),
  })
}
${taskOf(spec)}`
}
