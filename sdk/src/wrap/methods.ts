import type { Gate } from '../container/sandbox-spec.ts'
import type { WatchedSandbox } from '../container/sandbox.ts'
import type { Facts } from '../facts.ts'
import type { Instrument, Where } from '../instrument.ts'
import type { Operation } from '../operations/operation.ts'
import type { PolicyEngine } from '../policy/control.ts'
import { withTraceparent } from '../container/traceparent.ts'
import { callAndRecord, readFacts, type Call, type Invoke } from './call.ts'
import { disguise, overlay, type Shown } from './overlay.ts'

/** What recording a call takes. */
export interface CallPorts {
  readonly instrument: Instrument
  readonly policy: PolicyEngine
  readonly where: () => Where
  readonly gate: Gate | undefined
}

/** The same for what belongs to a container that is watched. */
export interface WrapPorts extends CallPorts {
  readonly sandbox: WatchedSandbox
}

/** A call that was let in. */
export interface Admitted {
  readonly operation: Operation
  readonly facts: Facts
  readonly args: unknown[]
  readonly invoke: Invoke
}

export type Run<P extends CallPorts = WrapPorts> = (ports: P, call: Admitted) => unknown

const ASYNCHRONOUS: ReadonlySet<Operation['answer']> = new Set(['promise', 'process', 'stream', 'events'])

/** The call itself in a span of its own. */
export const runPlain: Run<CallPorts> = ({ instrument, where }, { operation, facts, args, invoke }) => {
  if (operation.spanless === true) return invoke(args)
  const run = (call: Call): unknown =>
    invoke(operation.isTraced === true ? withTraceparent(instrument, call, args) : args)
  return callAndRecord(instrument, where(), operation, facts, run)
}

/** Asks the gate and the policy; what they throw is the caller's. */
function admit({ gate, policy, where, instrument }: CallPorts, operation: Operation, facts: Facts): void {
  if (operation.gated) gate?.(operation.name)
  if (policy.document === undefined || operation.subject === undefined) return
  const subject = instrument.guard(() => operation.subject?.(facts))
  if (subject !== undefined) policy.require(subject, where())
}

export function callMethod<P extends CallPorts>(
  ports: P,
  operation: Operation,
  args: unknown[],
  invoke: Invoke,
  run: Run<P>,
): unknown {
  const facts = readFacts(ports.instrument, operation, args)
  try {
    admit(ports, operation, facts)
  } catch (refusal) {
    if (ASYNCHRONOUS.has(operation.answer)) return Promise.reject(refusal)
    throw refusal
  }
  ports.instrument.guard(() => ports.instrument.sightings.look(facts, ports.where))
  return run(ports, { operation, facts, args, invoke })
}

/** Calls a member: the stubs of a remote object are no functions that could be applied. */
export function callOn(target: object, name: string, args: unknown[]): unknown {
  const methods = target as Record<string, (...args: unknown[]) => unknown>
  return methods[name]?.(...args)
}

/**
 * The target itself in every respect, with the methods of the table recorded. `dress` may do more with a call than
 * its span.
 */
export function wrapMethods<T extends object, P extends CallPorts>(
  target: T,
  table: Readonly<Record<string, Operation>>,
  ports: P,
  dress: (plain: Run<CallPorts>) => Run<P>,
): T {
  const run = dress(runPlain)
  const shown: Shown<T> = {}
  for (const [name, operation] of Object.entries(table)) {
    const method: unknown = Reflect.get(target, name)
    if (typeof method !== 'function') continue
    const invoke: Invoke = (args) => callOn(target, name, args)
    const wrapped = disguise(function (this: unknown, ...args: unknown[]): unknown {
      // Torn off its object, a method fails as it would without us.
      if (this !== proxy) return Reflect.apply(method, this, args)
      return callMethod(ports, operation, args, invoke, run)
    }, method)
    shown[name] = () => wrapped
  }
  const proxy: T = overlay(target, shown)
  return proxy
}
