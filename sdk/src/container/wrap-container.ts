import type { Instrument } from '../instrument.ts'
import type { Facts } from '../facts.ts'
import { containerOperations } from '../operations/container-operations.ts'
import type { Effect, Operation } from '../operations/operation.ts'
import type { PolicyEngine } from '../policy/control.ts'
import { callAndRecord, isPromise, readFacts, type Invoke } from '../wrap/call.ts'
import { disguise, overlay, type Shown } from '../wrap/overlay.ts'
import type { ContainerLike } from './container-like.ts'
import { runCommand } from './run-command.ts'
import type { Gate } from './sandbox-spec.ts'
import type { WatchedSandbox } from './sandbox.ts'
import { tellSnapshot } from './snapshot.ts'
import { watchFetcher } from './watched-fetcher.ts'

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

type Run = (ports: WrapPorts, call: Admitted) => unknown

const runPlain: Run = ({ instrument, sandbox }, { operation, facts, args, invoke }) =>
  operation.spanless === true
    ? invoke(args)
    : callAndRecord(instrument, sandbox.where(), operation, facts, () => invoke(args))

/** What an operation means beyond its span. */
const effects: Readonly<Record<Effect, Run>> = {
  start(ports, call) {
    const result = runPlain(ports, call)
    ports.instrument.guard(() => ports.sandbox.started())
    return result
  },
  async destroy(ports, call) {
    const { guard } = ports.instrument
    await guard(() => ports.sandbox.ending())
    const result = await runPlain(ports, call)
    guard(() => ports.sandbox.lifecycle.destroyed())
    return result
  },
  monitor(ports, call) {
    const result = runPlain(ports, call)
    if (isPromise(result)) void tellExit(ports, result)
    return result
  },
  command: runCommand,
  snapshot(ports, call) {
    const { instrument, sandbox } = ports
    const result = runPlain(ports, call)
    if (isPromise(result)) void tellSnapshot(instrument, sandbox.where(), call.operation, result)
    return result
  },
}

async function tellExit({ instrument, sandbox }: WrapPorts, monitored: PromiseLike<unknown>): Promise<void> {
  try {
    await monitored
    instrument.guard(() => sandbox.lifecycle.exited())
  } catch (error) {
    instrument.guard(() => sandbox.lifecycle.exited(error))
  }
}

/** Asks the gate and the policy; what they throw is the caller's. */
function admit({ gate, policy, sandbox, instrument }: WrapPorts, operation: Operation, facts: Facts): void {
  if (operation.gated) gate?.(operation.name)
  if (policy.document === undefined || operation.subject === undefined) return
  const subject = instrument.guard(() => operation.subject?.(facts))
  if (subject !== undefined) policy.require(subject, sandbox.where())
}

function callMethod(ports: WrapPorts, operation: Operation, args: unknown[], invoke: Invoke): unknown {
  const facts = readFacts(ports.instrument, operation, args)
  try {
    admit(ports, operation, facts)
  } catch (refusal) {
    if (operation.answer === 'promise' || operation.answer === 'process') return Promise.reject(refusal)
    throw refusal
  }
  if (operation.answer === 'fetcher') return watchFetcher(invoke(args), operation, facts, ports)
  const run = operation.effect === undefined ? runPlain : effects[operation.effect]
  return run(ports, { operation, facts, args, invoke })
}

/** `ctx.container` itself in every respect, with the operations of the table recorded. */
export function wrapContainer<C extends ContainerLike>(container: C, ports: WrapPorts): C {
  const shown: Shown<C> = {}
  for (const [name, operation] of Object.entries(containerOperations)) {
    const method: unknown = Reflect.get(container, name)
    if (typeof method !== 'function') continue
    const invoke: Invoke = (args) => Reflect.apply(method, container, args)
    const wrapped = disguise(function (this: unknown, ...args: unknown[]): unknown {
      // Torn off its object, a method fails as it would without us.
      return this === proxy ? callMethod(ports, operation, args, invoke) : Reflect.apply(method, this, args)
    }, method)
    shown[name] = () => wrapped
  }
  const proxy: C = overlay(container, shown)
  return proxy
}
