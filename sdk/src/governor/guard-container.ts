/** A container that asks its gate first. Everything the gate does not name passes through untouched. */
import type { GateContainer, GateProcess } from './ports.ts'
import type { ProcessTracker } from './process-tracker.ts'

export interface GuardHooks {
  /** Throws SandglassSuspendedError by what is known now. */
  readonly check: (operation: string) => void
  /** The same by verdicts at most a second old; also brings back a workspace that waits to be restored. */
  readonly assertAwake: (operation: string) => Promise<void>
  readonly processes: ProcessTracker
}

type Method = (...args: unknown[]) => unknown
type Guards = Readonly<Record<string, (call: Method) => Method>>

const SIGKILL = 9

export function guardContainer<C extends GateContainer>(container: C, hooks: GuardHooks): C {
  const port: Guards = { fetch: asynchronous('port', hooks), connect: synchronous('port', hooks) }
  const exec = guardExec(container, hooks)
  return intercept(container, {
    start: synchronous('start', hooks),
    exec:
      () =>
      (...args) =>
        Reflect.apply(exec, undefined, args),
    getTcpPort: (call) =>
      synchronous(
        'port',
        hooks,
      )((...args) => {
        const found = call(...args)
        return typeof found === 'object' && found !== null ? intercept(found, port) : found
      }),
  })
}

/** The same object, with these methods guarded; the rest are called on the object itself. */
function intercept<T extends object>(object: T, guards: Guards): T {
  return new Proxy(object, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target)
      if (typeof value !== 'function') return value
      const call: Method = (...args) => Reflect.apply(value, target, args)
      const guard =
        typeof property === 'string' && Object.hasOwn(guards, property) ? guards[property] : undefined
      return guard === undefined ? call : guard(call)
    },
  })
}

function synchronous(operation: string, hooks: GuardHooks): (call: Method) => Method {
  return (call) =>
    (...args) => {
      hooks.check(operation)
      return call(...args)
    }
}

function asynchronous(operation: string, hooks: GuardHooks): (call: Method) => Method {
  return (call) =>
    async (...args) => {
      await hooks.assertAwake(operation)
      return call(...args)
    }
}

/** A command that a suspension overtook while it started is ended and refused. */
function guardExec(container: GateContainer, hooks: GuardHooks) {
  return async (...args: Parameters<GateContainer['exec']>): Promise<GateProcess> => {
    await hooks.assertAwake('exec')
    const process = await container.exec(...args)
    hooks.processes.track(process)
    try {
      hooks.check('exec')
    } catch (refusal) {
      process.kill(SIGKILL)
      throw refusal
    }
    return process
  }
}
