import { attr, event } from '@sandglass/schemas/semconv'
import { parseTraceparent } from '../context/trace-context.ts'
import { NO_FACTS, type Facts } from '../facts.ts'
import { createDiagnostics, createGuard, type Guard } from '../guard.ts'
import { internalsOf } from '../internals.ts'
import { readText } from '../operations/read.ts'
import type { Sandglass } from '../sandglass.ts'
import { countBody } from './count-body.ts'

/** What an entrypoint that outbound requests go through is called with. */
export interface EgressContext {
  readonly props?: unknown
  waitUntil(work: Promise<unknown>): void
}

/** How the requests of one entrypoint are recorded. */
export interface EgressSpec {
  /** One for each request; it is flushed when the request is over. */
  readonly sandglass: Sandglass
  /** Of the sandbox that asks; what the entrypoint's `props` call `containerId` or `sandboxId` when absent. */
  readonly sandboxId?: string | undefined
  readonly sandboxName?: string | undefined
}

type DescribeEgress<Env> = (env: Env, ctx: EgressContext) => EgressSpec

interface Entrypoint {
  readonly ctx: EgressContext
  readonly env: unknown
  fetch(request: Request): Promise<Response>
}

type EntrypointClass = new (ctx: object, env: unknown) => Entrypoint

/** The package's answer to a host that is not allowed. One that came from a server has passed Cloudflare's edge. */
const DENIED_STATUS = 520
const isDenied = ({ status, headers }: Response): boolean =>
  status === DENIED_STATUS && !headers.has('cf-ray')

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

function requestFacts(request: Request): Facts {
  const { hostname, port, protocol } = new URL(request.url)
  return {
    [attr.serverAddress]: hostname,
    [attr.serverPort]: port === '' ? DEFAULT_PORTS[protocol] : Number(port),
    [attr.requestMethod]: request.method,
  }
}

/** One outbound request, told once. */
class OutboundRequest {
  readonly #spec: EgressSpec
  readonly #sandboxId: string
  readonly #facts: Facts
  readonly #traceparent: string | null
  #isTold = false

  constructor(spec: EgressSpec, ctx: EgressContext, request: Request) {
    this.#spec = spec
    this.#sandboxId =
      spec.sandboxId ?? readText(ctx.props, 'containerId') ?? readText(ctx.props, 'sandboxId') ?? ''
    this.#facts = requestFacts(request)
    this.#traceparent = request.headers.get('traceparent')
  }

  tell(more: Facts): void {
    if (this.#isTold) return
    this.#isTold = true
    const { recorder } = internalsOf(this.#spec.sandglass).instrument
    recorder.emit({
      name: event.egressRequested,
      context: NO_FACTS,
      where: { [attr.sandboxId]: this.#sandboxId, [attr.sandboxName]: this.#spec.sandboxName },
      facts: { ...this.#facts, ...more },
      span: parseTraceparent(this.#traceparent),
      sandboxId: this.#sandboxId,
    })
  }

  flush(): Promise<unknown> {
    return this.#spec.sandglass.flush()
  }
}

/** The same request, sent on with another stream of the same bytes. */
function withBody(request: Request, body: ReadableStream): Request {
  const init: RequestInit = { body }
  return new Request(request, init)
}

async function forward(
  guard: Guard,
  outbound: OutboundRequest,
  ctx: EgressContext,
  request: Request,
  run: (request: Request) => Promise<Response>,
): Promise<Response> {
  const sent = countBody(request, (body) => withBody(request, body))
  try {
    const response = await run(sent.message)
    const outcome = isDenied(response) ? 'denied' : 'allowed'
    const received = countBody(response, (body) => new Response(body, response))
    const told = received.bytes.then((bytes) =>
      guard(() =>
        outbound.tell({
          [attr.egressOutcome]: outcome,
          [attr.responseStatus]: response.status,
          [attr.requestSize]: sent.counted(),
          [attr.responseSize]: bytes,
        }),
      ),
    )
    ctx.waitUntil(told.then(() => outbound.flush()))
    return received.message
  } catch (error) {
    guard(() => outbound.tell({ [attr.egressOutcome]: 'allowed', [attr.requestSize]: sent.counted() }))
    ctx.waitUntil(outbound.flush())
    throw error
  }
}

/**
 * A class through which a sandbox's outbound requests go, with each of them recorded, those that are denied included:
 * in 0.12 `export class ContainerProxy extends withEgressAudit(PackageContainerProxy, …) {}`, in 1.x a
 * `WorkerEntrypoint` behind `interceptAllOutboundHttp` and `interceptOutboundHttps`. Only HTTP goes through it.
 */
export function withEgressAudit<Env, C extends abstract new (...args: never[]) => object>(
  Base: C,
  describe: DescribeEgress<Env>,
): C {
  // The compiler knows mixins of unknown classes by a constructor of any arguments alone.
  const Known = Base as unknown as EntrypointClass
  const guard = createGuard(createDiagnostics())

  class Audited extends Known {
    override fetch(request: Request): Promise<Response> {
      const outbound = guard(
        () => new OutboundRequest(describe(this.env as Env, this.ctx), this.ctx, request),
      )
      const run = (asked: Request): Promise<Response> => super.fetch(asked)
      return outbound === undefined ? run(request) : forward(guard, outbound, this.ctx, request, run)
    }
  }
  Object.defineProperty(Audited, 'name', { value: Base.name })
  return Audited as unknown as C
}
