import { GOVERNOR_PATH, SandglassScope, createGovernor } from '@sandglass/sdk/governor'

import { AgentSandbox } from './agent-sandbox.ts'
import { agents } from './agents/index.ts'
import type { Env } from './env.ts'
import { parseTaskRequest } from './task-request.ts'

export { AgentSandbox, SandglassScope }

const governor = createGovernor<Env>({
  secrets: (env) => [env.GOVERNOR_SECRET],
  scopes: (env) => env.SCOPES,
  sandbox: (env, sandboxId) => env.SANDBOX.get(env.SANDBOX.idFromString(sandboxId)),
})

type Route = readonly [
  method: string,
  path: RegExp,
  answer: (request: Request, env: Env, name: string) => Promise<Response>,
]

/** The tasks API: what there is to run, running it, and what telemetry a sandbox has sent. */
const ROUTES: readonly Route[] = [
  ['GET', /^\/agents$/, () => Promise.resolve(Response.json({ agents: Object.keys(agents) }))],
  ['POST', /^\/tasks$/, runTask],
  [
    'GET',
    /^\/sandboxes\/([\w.-]+)\/stats$/,
    async (_, env, name) => Response.json(await sandboxOf(env, name).stats()),
  ],
  [
    'POST',
    /^\/sandboxes\/([\w.-]+)\/close$/,
    async (_, env, name) => Response.json(await sandboxOf(env, name).close()),
  ],
]

function sandboxOf(env: Env, name: string): DurableObjectStub<AgentSandbox> {
  return env.SANDBOX.get(env.SANDBOX.idFromName(name))
}

/** Answers when the task has ended. */
async function runTask(request: Request, env: Env): Promise<Response> {
  const parsed = parseTaskRequest(await request.json().catch(() => undefined))
  if ('error' in parsed) return Response.json(parsed, { status: 400 })
  return Response.json(await sandboxOf(env, parsed.sandboxName).run(parsed))
}

async function answer(request: Request, env: Env): Promise<Response> {
  const { pathname } = new URL(request.url)
  if (pathname.startsWith(GOVERNOR_PATH)) return governor.fetch(request, env)
  for (const [method, path, route] of ROUTES) {
    const found = method === request.method ? path.exec(pathname) : null
    if (found !== null) return route(request, env, found[1] ?? '')
  }
  return Response.json({ error: `no route for ${request.method} ${pathname}` }, { status: 404 })
}

// oxlint-disable-next-line import/no-default-export -- the runtime looks for it here
export default { fetch: answer } satisfies ExportedHandler<Env>
