/** The governor's signed HTTP API, mounted by the Worker under GOVERNOR_PATH. */
import {
  GOVERNOR_PATH,
  LIST_PAGE_SIZE_MAX,
  governorRoute,
  parsePayload,
  resumeRequestSchema,
  suspendRequestSchema,
  verdictRequestSchema,
  type GovernorError,
  type GovernorReply,
  type HealthReply,
  type ListReply,
  type Parsed,
  type ResumeRequest,
  type SuspendRequest,
  type VerdictRequest,
} from '@sandglass/schemas/governor'
import { parseScopeKey, shapeKey, shapeOf, type ScopeShape } from '@sandglass/schemas/governor/scope'
import { authenticate } from './authenticate.ts'
import type { GateCall } from './gate-call.ts'
import type { SandboxStub, ScopeNamespace } from './ports.ts'
import { messageOf } from './sandbox-parts.ts'
import { indexSandbox, indexScope, listIndex, setVerdict } from './scope-client.ts'
import { defaultShapes } from './shapes.ts'

/** What the governor needs of its Worker. */
export interface GovernorOptions<Env> {
  /** Shared secrets in force, each at least SECRET_LENGTH_MIN characters; several while one is rotated. */
  readonly secrets: (env: Env) => readonly string[]
  /** Namespace of SandglassScope. */
  readonly scopes: (env: Env) => ScopeNamespace
  /** The Durable Object that owns a sandbox, by the id it reports as `sandbox.id`. */
  readonly sandbox: (env: Env, sandboxId: string) => SandboxStub
  /** The shapes the gates ask about; give the same to createGate. */
  readonly shapes?: readonly ScopeShape[] | undefined
  readonly now?: (() => number) | undefined
}

/** Answers the enforcer's requests. */
export interface Governor<Env> {
  /** Answers every request whose path begins with GOVERNOR_PATH. Never throws. */
  readonly fetch: (request: Request, env: Env) => Promise<Response>
}

type Answer = GovernorReply | ListReply | HealthReply | GovernorError

interface Host {
  readonly scopes: ScopeNamespace
  readonly sandbox: (sandboxId: string) => SandboxStub
  readonly shapes: readonly string[]
  readonly nowMs: number
}

/** The signed HTTP interface by which the enforcer reaches the sandboxes of a Worker. */
export function createGovernor<Env>(options: GovernorOptions<Env>): Governor<Env> {
  const shapes = (options.shapes ?? defaultShapes).map(shapeKey)
  const answer = async (request: Request, env: Env): Promise<Response> => {
    const nowMs = (options.now ?? Date.now)()
    const scopes = options.scopes(env)
    const caller = await authenticate(request, options.secrets(env), scopes, nowMs)
    if (!caller.ok) return refuse(caller.status, caller.error, caller.message)
    return route(request, caller.body, { scopes, sandbox: (id) => options.sandbox(env, id), shapes, nowMs })
  }
  return {
    async fetch(request, env) {
      try {
        return await answer(request, env)
      } catch (error) {
        return refuse(503, 'unavailable', messageOf(error))
      }
    },
  }
}

async function route(request: Request, body: string, host: Host): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url)
  switch (`${request.method} ${pathname.slice(GOVERNOR_PATH.length)}`) {
    case routeKey('verdict'):
      return withBody(parsePayload(verdictRequestSchema, body), async (parsed) => putVerdict(parsed, host))
    case routeKey('suspend'):
      return withBody(parsePayload(suspendRequestSchema, body), async (parsed) => suspend(parsed, host))
    case routeKey('resume'):
      return withBody(parsePayload(resumeRequestSchema, body), async (parsed) => resume(parsed, host))
    case routeKey('list'):
      return send(await listIndex(host.scopes, searchParams.get('cursor') ?? undefined, LIST_PAGE_SIZE_MAX))
    case routeKey('health'):
      return send({ status: 'ok', timeMs: host.nowMs, shapes: [...host.shapes] })
    default:
      return refuse(404, 'unknown_route', `${request.method} ${pathname} is not part of the governor's API`)
  }
}

const routeKey = (name: keyof typeof governorRoute): string =>
  `${governorRoute[name].method} ${governorRoute[name].path}`

async function withBody<T>(parsed: Parsed<T>, run: (payload: T) => Promise<Response>): Promise<Response> {
  return parsed.ok ? run(parsed.value) : refuse(422, 'invalid', parsed.message)
}

async function putVerdict(request: VerdictRequest, host: Host): Promise<Response> {
  const shape = shapeKey(shapeOf(parseScopeKey(request.scope) ?? {}))
  if (!host.shapes.includes(shape))
    return refuse(
      422,
      'shape_not_gated',
      `no gate asks about scopes of ${shape || 'everything'}; gated are: ${host.shapes.join(', ')}. ` +
        `Add the shape to createGovernor and createGate`,
    )
  const reply = await setVerdict(host.scopes, request)
  if (reply.result !== 'stale') await indexScope(host.scopes, request)
  return send(reply)
}

async function suspend(request: SuspendRequest, host: Host): Promise<Response> {
  return callGate(request.sandboxId, { operation: 'suspend', request }, host)
}

async function resume(request: ResumeRequest, host: Host): Promise<Response> {
  return callGate(request.sandboxId, { operation: 'resume', request }, host)
}

async function callGate(sandboxId: string, call: GateCall, host: Host): Promise<Response> {
  const { holds, ...reply } = await host.sandbox(sandboxId).sandglassGate(call)
  if (reply.phase !== undefined)
    await indexSandbox(host.scopes, { sandboxId, phase: reply.phase, holds: holds ?? [] })
  return send(reply)
}

function send(answer: Answer, status = 200): Response {
  return Response.json(answer, { status })
}

function refuse(status: number, error: GovernorError['error'], message: string): Response {
  return send({ error, message }, status)
}
