import type { Sandbox } from '../container/sandbox-spec.ts'
import { createDiagnostics, createGuard } from '../guard.ts'
import type { Sandglass } from '../sandglass.ts'
import { fetchPort } from './fetch-port.ts'
import type { DescribeHost, HostContext, HostSpec } from './host-spec.ts'
import { HostedContainer, type HostContainer } from './hosted-container.ts'

/** The part of `Container` and `Sandbox` of the 0.12 packages that this looks at. */
interface ContainerObject {
  readonly ctx: HostContext
  readonly env: unknown
  labels?: Record<string, string> | undefined
  start(...args: unknown[]): Promise<unknown>
  startAndWaitForPorts(...args: unknown[]): Promise<unknown>
  containerFetch(...args: unknown[]): Promise<unknown>
  stop(...args: unknown[]): Promise<unknown>
  destroy(...args: unknown[]): Promise<unknown>
  onStart(...args: unknown[]): Promise<unknown>
  onActivityExpired(...args: unknown[]): Promise<unknown>
}

type ContainerClass = new (ctx: object, env: unknown) => ContainerObject

const HOSTED = Symbol('sandglass')

const isContainer = (value: object | undefined): value is HostContainer =>
  value !== undefined && 'monitor' in value && 'exec' in value

function host(object: ContainerObject, spec: HostSpec | undefined): HostedContainer | undefined {
  const { container, id } = object.ctx
  if (spec === undefined || !isContainer(container)) return undefined
  const sandboxName = spec.sandboxName ?? id.name
  return new HostedContainer(spec.sandglass, container, { ...spec, sandboxId: id.toString(), sandboxName })
}

/**
 * A class that extends `Container` or `Sandbox` of the 0.12 packages, with its life recorded where it happens, in the
 * Durable Object: starts and ends once each, the meter, the gate before whatever wakes the container, and requests to
 * its ports. Wrap the class that is exported, so that its own hooks are inside. Commands and files are not recorded
 * here: wrap the client for them.
 */
export function withSandglass<Env, C extends abstract new (...args: never[]) => object>(
  Base: C,
  describe: DescribeHost<Env>,
): C {
  // The compiler knows mixins of unknown classes by a constructor of any arguments alone.
  const Known = Base as unknown as ContainerClass
  const guard = createGuard(createDiagnostics())
  const specs = new WeakMap<object, HostSpec>()

  class Hosted extends Known {
    [HOSTED]: HostedContainer | undefined

    constructor(ctx: object, env: unknown) {
      super(ctx, env)
      guard(() => {
        const spec = describe(env as Env, this.ctx)
        specs.set(this, spec)
        this[HOSTED] = host(this, spec)
      })
    }

    override start(...args: unknown[]): Promise<unknown> {
      return starting(this, () => super.start(...args))
    }

    override startAndWaitForPorts(...args: unknown[]): Promise<unknown> {
      return starting(this, () => super.startAndWaitForPorts(...args))
    }

    override containerFetch(...args: unknown[]): Promise<unknown> {
      return fetchPort(this, this[HOSTED], args, () => super.containerFetch(...args))
    }

    override onStart(...args: unknown[]): Promise<unknown> {
      guard(() => this[HOSTED]?.ready())
      return super.onStart(...args)
    }

    override async onActivityExpired(...args: unknown[]): Promise<unknown> {
      const hosted = this[HOSTED]
      guard(() => hosted?.idling(true))
      try {
        return await super.onActivityExpired(...args)
      } finally {
        guard(() => hosted?.idling(false))
      }
    }

    override stop(...args: unknown[]): Promise<unknown> {
      guard(() => this[HOSTED]?.stopping())
      return super.stop(...args)
    }

    override async destroy(...args: unknown[]): Promise<unknown> {
      await guard(() => this[HOSTED]?.destroying())
      try {
        const result = await super.destroy(...args)
        guard(() => this[HOSTED]?.destroyed())
        return result
      } catch (error) {
        guard(() => this[HOSTED]?.spared())
        throw error
      }
    }
  }
  // Handlers of outbound requests are kept by the name of the class.
  Object.defineProperty(Hosted, 'name', { value: Base.name })
  return Hosted as unknown as C

  /** A start of a container that does not run: what happens to it is told, and it gets its labels. */
  async function starting(object: Hosted, run: () => Promise<unknown>): Promise<unknown> {
    const hosted = object[HOSTED]
    hosted?.spec.gate?.('start')
    if (hosted === undefined) return run()
    if (!hosted.isStopped) {
      guard(() => hosted.adopt())
      return run()
    }
    const unlabel = guard(() => label(object, specs.get(object)?.labels))
    guard(() => hosted.starting())
    try {
      return await run()
    } catch (error) {
      guard(() => hosted.startFailed(error))
      throw error
    } finally {
      unlabel?.()
    }
  }
}

/** Sets labels for the start that follows; returns what takes them away, for the class compares its own. */
function label(object: ContainerObject, labels: HostSpec['labels']): (() => void) | undefined {
  if (labels === undefined) return undefined
  const { labels: own } = object
  const all = { ...labels, ...own }
  object.labels = all
  return () => {
    if (object.labels === all) object.labels = own
  }
}

/** The instrument and the sandbox of an object whose class {@link withSandglass} made; undefined for any other. */
export function hostedBy(
  object: object,
): { readonly sandglass: Sandglass; readonly sandbox: Sandbox } | undefined {
  const hosted: unknown = Reflect.get(object, HOSTED)
  return hosted instanceof HostedContainer ? hosted : undefined
}
