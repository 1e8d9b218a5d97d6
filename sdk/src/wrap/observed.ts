import type { Operation } from '../operations/operation.ts'
import type { Invoke } from './call.ts'
import { callMethod, callOn, runPlain, type CallPorts, type Run } from './methods.ts'
import { isFixed } from './overlay.ts'

type Method = (...args: unknown[]) => unknown
type Table = Readonly<Record<string, Operation>>
type Dress<P extends CallPorts> = (plain: Run<CallPorts>) => Run<P>

/** A method by another name or none, or a remote one that stands for no function at all: what can be called. */
const isMethod = (value: unknown): value is Method => typeof value === 'function'

/**
 * The function itself in every respect, whose calls are recorded, also when it was taken off its object. `member`
 * calls it on its object: remote methods cannot be applied.
 */
function observe<P extends CallPorts>(
  method: Method,
  operation: Operation,
  ports: P,
  run: Run<P>,
  member: (self: unknown) => Invoke | undefined,
): Method {
  return new Proxy(method, {
    apply(_, self: unknown, args: unknown[]) {
      const invoke: Invoke = member(self) ?? ((given) => Reflect.apply(method, self, given))
      return callMethod(ports, operation, args, invoke, run)
    },
  })
}

/**
 * The target itself in every respect, with the methods of the table recorded. Nothing else of it is touched, not even
 * bound: any property may be a remote method, whose own properties are remote methods too. `shown` stands in for some.
 */
export function observeClient<T extends object, P extends CallPorts>(
  target: T,
  table: Table,
  ports: P,
  dress: Dress<P>,
  shown: Readonly<Record<string, (value: unknown) => unknown>> = {},
): T {
  const run = dress(runPlain)
  const observed = new Map<string, Method>()

  function show(name: string, value: unknown): unknown {
    if (Object.hasOwn(shown, name)) return shown[name]?.(value)
    const operation = Object.hasOwn(table, name) ? table[name] : undefined
    if (operation === undefined || !isMethod(value)) return value
    const known = observed.get(name)
    if (known !== undefined) return known
    const onTarget: Invoke = (args) => callOn(target, name, args)
    const made = observe(value, operation, ports, run, (self) => (self === proxy ? onTarget : undefined))
    observed.set(name, made)
    return made
  }

  const proxy: T = new Proxy(target, {
    get(_, property) {
      const value: unknown = Reflect.get(target, property, target)
      return typeof property === 'string' && !isFixed(target, property) ? show(property, value) : value
    },
  })
  return proxy
}

/**
 * Records the methods of an object that was made for its caller alone, and stays the object it is. What cannot be
 * replaced stays unrecorded.
 */
export function observeInPlace<P extends CallPorts>(
  target: object,
  table: Table,
  ports: P,
  dress: Dress<P>,
): void {
  const run = dress(runPlain)
  for (const [name, operation] of Object.entries(table)) {
    const own = Object.getOwnPropertyDescriptor(target, name)
    if (own === undefined || own.writable !== true || !isMethod(own.value)) continue
    const value = observe(own.value, operation, ports, run, () => undefined)
    Object.defineProperty(target, name, { ...own, value })
  }
}
