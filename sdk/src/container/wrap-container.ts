import { containerOperations } from '../operations/container-operations.ts'
import type { Effect } from '../operations/operation.ts'
import { isPromise } from '../wrap/call.ts'
import { runPlain, wrapMethods, type CallPorts, type Run, type WrapPorts } from '../wrap/methods.ts'
import type { ContainerLike } from './container-like.ts'
import { runCommand } from './run-command.ts'
import { tellSnapshot } from './snapshot.ts'
import { withLabels } from './start-labels.ts'
import { watchFetcher } from './watched-fetcher.ts'

/** What an operation means beyond its span. */
const effects: Partial<Record<Effect, Run>> = {
  start(ports, call) {
    const { guard, scopes } = ports.instrument
    const args = guard(() => withLabels(scopes.getStore(), call.args)) ?? call.args
    const result = runPlain(ports, { ...call, args })
    guard(() => ports.sandbox.started())
    return result
  },
  async destroy(ports, call) {
    const { guard } = ports.instrument
    const { lifecycle } = ports.sandbox
    await guard(() => ports.sandbox.ending())
    guard(() => lifecycle.destroying())
    try {
      const result = await runPlain(ports, call)
      guard(() => lifecycle.destroyed())
      return result
    } catch (error) {
      guard(() => lifecycle.spared())
      guard(() => ports.sandbox.spared())
      throw error
    }
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
    if (isPromise(result)) void tellSnapshot(instrument, sandbox.where(), call, result)
    return result
  },
}

async function tellExit({ instrument, sandbox }: WrapPorts, monitored: PromiseLike<unknown>): Promise<void> {
  const exited = instrument.guard(() => sandbox.lifecycle.watchExit())
  try {
    await monitored
    instrument.guard(() => exited?.())
  } catch (error) {
    instrument.guard(() => exited?.(error))
  }
  instrument.guard(() => instrument.settling.track(sandbox.exited()))
}

const run =
  (plain: Run<CallPorts>): Run =>
  (ports, call) => {
    const { operation, args, facts, invoke } = call
    if (operation.answer === 'fetcher') return watchFetcher(invoke(args), operation, facts, ports)
    const effect = operation.effect && effects[operation.effect]
    return (effect ?? plain)(ports, call)
  }

/** `ctx.container` itself in every respect, with the operations of the table recorded. */
export function wrapContainer<C extends ContainerLike>(container: C, ports: WrapPorts): C {
  return wrapMethods(container, containerOperations, ports, run)
}
