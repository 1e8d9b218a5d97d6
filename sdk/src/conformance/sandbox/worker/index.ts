import { getSandbox, Sandbox as PackageSandbox } from '@cloudflare/sandbox'
import { DurableObject } from 'cloudflare:workers'
import { createSandglass, type Sandglass } from '../../../index.ts'
import { processOperations } from '../../../operations/client/command-operations.ts'
import { tunnelOperations } from '../../../operations/client/port-operations.ts'
import { clientMachinery, clientOperations } from '../../../operations/client-operations.ts'
import { HOSTILE } from '../../worker/hostile.ts'
import { scenarios } from './scenarios.ts'
import { scrub } from './scrub.ts'
import { logged, type CallLog } from './stage.ts'

export { ContainerProxy } from '@cloudflare/sandbox'

export class Sandbox extends PackageSandbox {}

/** Not used here: every test Worker has one. */
export class Box extends DurableObject {}

interface Env {
  readonly OTLP_ENDPOINT: string
  readonly SANDBOX: DurableObjectNamespace<Sandbox>
}

interface RunRequest {
  readonly scenario: string
  /** How the client is seen; `hostile` makes everything of ours fail. */
  readonly as: 'bare' | 'wrapped' | 'hostile'
}

/** What must have a scenario: every method that is recorded. */
const METHODS = {
  sandbox: Object.keys(clientOperations),
  process: Object.keys(processOperations),
  tunnels: Object.keys(tunnelOperations),
  machinery: clientMachinery,
}

/** What the package itself leaves unhandled, now and then, when a container or a stream goes away. */
const OF_THE_PACKAGE = new Set(['Error: Stream was cancelled.', 'Error: Network connection lost.'])

async function run({ scenario, as }: RunRequest, env: Env): Promise<unknown> {
  const play = scenarios[scenario]
  if (play === undefined) throw new Error(`no scenario is called ${scenario}`)
  const name = `box-${crypto.randomUUID().slice(0, 8)}`
  const unhandled: string[] = []
  const listen = ({ reason }: PromiseRejectionEvent): void => {
    if (!OF_THE_PACKAGE.has(String(reason))) unhandled.push(String(reason))
  }
  addEventListener('unhandledrejection', listen)
  const [above, below]: [CallLog, CallLog] = [[], []]
  const bare = getSandbox(env.SANDBOX, name)
  const instrument = as === 'bare' ? undefined : dress(as, env)
  const client = logged('sandbox', bare, below)
  const seen = instrument === undefined ? client : instrument.client(client, { sandboxName: name })
  try {
    const said = await play({ sandbox: logged('sandbox', seen, above), name, log: above })
    return { seen: scrub(said, name), calls: below, unhandled, above }
  } finally {
    removeEventListener('unhandledrejection', listen)
    await bare.destroy()
    if (as === 'wrapped') await instrument?.flush()
  }
}

function dress(as: 'wrapped' | 'hostile', env: Env): Sandglass {
  const options = { serviceName: 'conformance', endpoint: env.OTLP_ENDPOINT }
  return createSandglass({ ...options, ...(as === 'hostile' ? HOSTILE : {}) })
}

// oxlint-disable-next-line import/no-default-export -- the runtime looks for it here
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/scenarios') return Response.json(Object.keys(scenarios))
    if (pathname === '/methods') return Response.json(METHODS)
    return Response.json(await run(await request.json(), env))
  },
} satisfies ExportedHandler<Env>
