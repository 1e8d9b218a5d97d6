import type { HrTime } from '@opentelemetry/api'
import { attr } from '@sandglass/schemas/semconv'
import { freezeScope, type Scope } from '../context/scope.ts'
import type { FileSuspect } from '../files/file-watch.ts'
import type { ActivityKind } from '../meter/activity.ts'
import type { CommandCpu } from '../meter/cpu-ledger.ts'
import type { MeteredCommand } from '../meter/meter.ts'
import { read, readText } from '../operations/read.ts'
import type { ProcessEnd } from '../process/process-ledger.ts'
import { watchProcess } from '../process/watched-process.ts'
import { beginCall, failCall, type Call } from '../wrap/call.ts'
import type { ExecProcessLike } from './container-like.ts'
import { withTraceparent } from './traceparent.ts'
import type { Admitted, WrapPorts } from '../wrap/methods.ts'

/** Runs a command: its span, its CPU, the files it changes. */
export async function runCommand(
  ports: WrapPorts,
  { operation, facts, args, invoke }: Admitted,
): Promise<unknown> {
  const { guard } = ports.instrument
  const wait = guard(() => ports.sandbox.files?.before())
  if (wait !== undefined) await wait
  const call = beginCall(ports.instrument, ports.sandbox.where(), operation, facts)
  const watch = guard(() => new CommandWatch(ports, call, kindOf(args[1])))
  try {
    const process = await invoke(withTraceparent(ports.instrument, call, args))
    guard(() => ports.sandbox.lifecycle.ready())
    return guard(() => watch?.attach(process as ExecProcessLike)) ?? process
  } catch (error) {
    guard(() => watch?.leave())
    failCall(call, error)
    throw error
  }
}

/** A person sits at a terminal; what has neither output nor input read is left to run by itself. */
function kindOf(options: unknown): ActivityKind {
  const pty = read(options, 'pty')
  if (pty !== undefined && pty !== false) return 'terminal'
  const isSilent = ['stdout', 'stderr'].every((name) => readText(options, name) === 'ignore')
  return isSilent && read(options, 'stdin') === undefined ? 'background' : 'command'
}

/** What is watched of a command beside its process, from its call to its end. */
class CommandWatch {
  readonly #ports: WrapPorts
  readonly #call: Call
  readonly #metered: MeteredCommand | undefined
  readonly #suspect: FileSuspect | undefined
  #left = false
  #spent: Promise<CommandCpu> | undefined

  constructor(ports: WrapPorts, call: Call, kind: ActivityKind) {
    const { files, meter } = ports.sandbox
    this.#ports = ports
    this.#call = call
    this.#metered = meter.isRunning ? meter.command(call.scope?.task.id, kind) : undefined
    this.#suspect = files && suspectOf(freezeScope(call.scope), call, kind)
    if (this.#suspect !== undefined) files?.begin(this.#suspect)
  }

  attach(process: ExecProcessLike): ExecProcessLike {
    this.#call.span.set({ [attr.pid]: process.pid })
    return watchProcess(process, this.#ports.instrument, {
      onExit: () => this.leave(),
      onEnd: (end) => this.#end(end),
    })
  }

  /** The command runs no longer. */
  leave(): void {
    if (this.#left) return
    this.#left = true
    if (this.#suspect !== undefined) this.#ports.sandbox.files?.end(this.#suspect)
    this.#spent = this.#metered?.end()
    if (this.#spent !== undefined) this.#track(this.#spent)
  }

  #end({ facts, exitCode, error }: ProcessEnd): void {
    const { span } = this.#call
    const at = this.#ports.instrument.recorder.now()
    this.leave()
    span.set(facts)
    if (error !== undefined) span.fail(error)
    else if (exitCode !== undefined && exitCode !== 0) span.failWith(String(exitCode))
    if (this.#spent === undefined) span.end(at)
    else this.#track(this.#endWithCpu(this.#spent, at))
  }

  #track(work: Promise<unknown>): void {
    this.#ports.instrument.settling.track(work)
    this.#call.scope?.settling.track(work)
  }

  async #endWithCpu(spent: Promise<CommandCpu>, at: HrTime): Promise<void> {
    const { seconds, shared } = await spent
    this.#call.span.set({ [attr.cpuTime]: seconds, [attr.cpuShared]: shared })
    this.#call.span.end(at)
  }
}

function suspectOf(scope: Scope | undefined, call: Call, kind: ActivityKind): FileSuspect {
  const { [attr.workingDirectory]: _, ...facts } = call.facts
  return { scope, facts, source: kind === 'terminal' ? 'terminal' : 'exec' }
}
