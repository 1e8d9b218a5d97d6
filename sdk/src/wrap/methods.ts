import type { Gate } from '../container/sandbox-spec.ts'
import type { WatchedSandbox } from '../container/sandbox.ts'
import type { Facts } from '../facts.ts'
import type { Instrument } from '../instrument.ts'
import type { Operation } from '../operations/operation.ts'
import type { PolicyEngine } from '../policy/control.ts'
import { callAndRecord, readFacts, type Invoke } from './call.ts'
import { disguise, overlay, type Shown } from './overlay.ts'

export interface WrapPorts {
  readonly instrument: Instrument
  readonly policy: PolicyEngine
  readonly sandbox: WatchedSandbox
  readonly gate: Gate | undefined
}

/** A call that was let in. */
export interface Admitted {
  readonly operation: Operation
  readonly facts: Facts
  readonly args: unknown[]
  readonly invoke: Invoke
}

export type Run = (ports: WrapPorts, call: Admitted) => unknown

/** The call itself in a span of its own. */
export const runPlain: Run = ({ instrument, sandbox }, { operation, facts, args, invoke }) =>
  operation.spanless === true
    ? invoke(args)
    : callAndRecord(instrument, sandbox.where(), operation, facts, () => invoke(args))

/** Asks the gate and the policy; what they throw is the caller's. */
function admit({ gate, policy, sandbox, instrument }: WrapPorts, operation: Operation, facts: Facts): void {
  if (operation.gated) gate?.(operation.name)
  if (policy.document === undefined || operation.subject === undefined) return
  const subject = instrument.guard(() => operation.subject?.(facts))
  if (subject !== undefined) policy.require(subject, sandbox.where())
}

function callMethod(
  ports: WrapPorts,
  operation: Operation,
  args: unknown[],
  invoke: Invoke,
  run: Run,
): unknown {
  const facts = readFacts(ports.instrument, operation, args)
  try {
    admit(ports, operation, facts)
  } catch (refusal) {
    if (operation.answer === 'promise' || operation.answer === 'process') return Promise.reject(refusal)
    throw refusal
  }
  return run(ports, { operation, facts, args, invoke })
}

/**
 * The target itself in every respect, with the methods of the table recorded. `dress` may do more with a call than
 * its span.
 */
export function wrapMethods<T extends object>(
  target: T,
  table: Readonly<Record<string, Operation>>,
  ports: WrapPorts,
  dress: (plain: Run) => Run,
): T {
  const run = dress(runPlain)
  const shown: Shown<T> = {}
  for (const [name, operation] of Object.entries(table)) {
    const method: unknown = Reflect.get(target, name)
    if (typeof method !== 'function') continue
    const invoke: Invoke = (args) => Reflect.apply(method, target, args)
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
