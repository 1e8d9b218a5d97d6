import { attr, event } from '@sandglass/schemas/semconv'
import type { HrTime } from '@opentelemetry/api'
import { formatTraceparent } from '../context/trace-context.ts'
import { freezeScope } from '../context/scope.ts'
import { emitEvent, type Instrument } from '../instrument.ts'
import type { CommandCpu } from '../meter/cpu-ledger.ts'
import { containerOperations } from '../operations/container-operations.ts'
import type { Operation } from '../operations/operation.ts'
import type { PolicyEngine } from '../policy/control.ts'
import { watchProcess } from '../process/watched-process.ts'
import { beginCall, endCall, endWithPromise, failCall, type Call } from '../wrap/call.ts'
import { disguise, overlay, type Shown } from '../wrap/overlay.ts'
import type { ContainerLike, ExecProcessLike } from './container-like.ts'
import type { Gate } from './sandbox-spec.ts'
import { watchFetcher } from './watched-fetcher.ts'
import type { WatchedSandbox } from './sandbox.ts'

type Method = (...args: unknown[]) => unknown
type Invoke = (args: unknown[]) => unknown

const TRACEPARENT = 'TRACEPARENT'

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

/** `ctx.container` itself in every respect, with the operations of the table recorded. */
export function wrapContainer<C extends ContainerLike>(
  container: C,
  ports: {
    readonly instrument: Instrument
    readonly policy: PolicyEngine
    readonly sandbox: WatchedSandbox
    readonly gate: Gate | undefined
  },
): C {
  const { instrument, policy, sandbox } = ports
  const { guard } = instrument

  /** What may refuse the operation, before anything of it is done. */
  function admit(operation: Operation, args: readonly unknown[]): void {
    if (operation.gated) ports.gate?.(operation.name)
    const subject = guard(() => operation.subject?.(args))
    if (subject !== undefined) policy.require(subject, sandbox.where())
  }

  function callPlain(operation: Operation, invoke: Invoke, args: unknown[]): unknown {
    if (operation.spanless === true) return invoke(args)
    const call = beginCall(instrument, sandbox.where(), operation, args)
    try {
      const result = invoke(args)
      if (isPromise(result)) return endWithPromise(instrument, call, result)
      endCall(instrument, call, result)
      return result
    } catch (error) {
      failCall(call, error)
      throw error
    }
  }

  const effects: Readonly<
    Record<
      NonNullable<Operation['effect']>,
      (operation: Operation, invoke: Invoke, args: unknown[]) => unknown
    >
  > = {
    start(operation, invoke, args) {
      const result = callPlain(operation, invoke, args)
      guard(() => sandbox.started())
      return result
    },
    async destroy(operation, invoke, args) {
      await guard(() => sandbox.ending())
      const result = await callPlain(operation, invoke, args)
      guard(() => sandbox.lifecycle.destroyed())
      return result
    },
    monitor(operation, invoke, args) {
      const result = callPlain(operation, invoke, args)
      if (isPromise(result)) {
        result.then(
          () => guard(() => sandbox.lifecycle.exited()),
          (error: unknown) => guard(() => sandbox.lifecycle.exited(error)),
        )
      }
      return result
    },
    command: (operation, invoke, args) => callCommand(operation, invoke, args),
    snapshot(operation, invoke, args) {
      const startedMs = guard(() => instrument.clock.now())
      const tell = (outcome: 'success' | 'failure', result?: unknown): void =>
        guard(() => {
          const seconds =
            startedMs === undefined ? undefined : (instrument.clock.now() - startedMs) / MS_PER_S
          emitEvent(instrument, instrument.scopes.getStore(), sandbox.where(), event.snapshotCreated, {
            [attr.snapshotId]: '',
            ...operation.resultFacts?.(result),
            [attr.snapshotOutcome]: outcome,
            [attr.snapshotDuration]: seconds,
          })
        })
      const result = callPlain(operation, invoke, args)
      if (isPromise(result)) {
        result.then(
          (snapshot) => tell('success', snapshot),
          () => tell('failure'),
        )
      }
      return result
    },
  }

  async function callCommand(operation: Operation, invoke: Invoke, args: unknown[]): Promise<unknown> {
    const wait = guard(() => sandbox.files?.before())
    if (wait !== undefined) await wait
    const call = beginCall(instrument, sandbox.where(), operation, args)
    const watched = guard(() => watchCommand(call))
    try {
      const process = await invoke(withTraceparent(call, args))
      guard(() => sandbox.lifecycle.ready())
      return guard(() => watched?.attach(process)) ?? process
    } catch (error) {
      guard(() => watched?.abandon())
      failCall(call, error)
      throw error
    }
  }

  function withTraceparent({ span }: Call, args: unknown[]): unknown[] {
    const { context } = span
    if (context === undefined) return args
    const [command, options, ...rest] = args
    const traced = guard(() => addEnvironment(options, TRACEPARENT, formatTraceparent(context)))
    return traced === undefined ? args : [command, traced, ...rest]
  }

  function watchCommand(call: Call) {
    const scope = freezeScope(call.scope)
    const { [attr.workingDirectory]: _, ...facts } = call.facts
    const suspect = { scope, facts }
    const metered = sandbox.meter.isRunning ? sandbox.meter.command(scope?.task.id) : undefined
    sandbox.files?.begin(suspect)

    const leave = once(() => {
      sandbox.files?.end(suspect)
      return metered?.end()
    })
    return {
      abandon: () => void leave(),
      attach(process: unknown): unknown {
        call.span.set({ [attr.pid]: (process as ExecProcessLike).pid })
        return watchProcess(process as ExecProcessLike, instrument, {
          onExit: () => track(leave()),
          onEnd({ facts, exitCode, error }) {
            const at = instrument.recorder.now()
            call.span.set(facts)
            if (error !== undefined) call.span.fail(error)
            else if (exitCode !== 0 && exitCode !== undefined) call.span.failWith(String(exitCode))
            track(endWithCpu(call, leave(), at))
          },
        })
      },
    }
  }

  async function endWithCpu(
    { span }: Call,
    spent: Promise<CommandCpu> | undefined,
    at: HrTime | undefined,
  ): Promise<void> {
    const cpu = await spent
    if (cpu !== undefined) span.set({ [attr.cpuTime]: cpu.seconds, [attr.cpuShared]: cpu.shared })
    span.end(at)
  }

  function track(work: Promise<unknown> | undefined): void {
    if (work !== undefined) instrument.settling.track(work)
  }

  function wrapMethod(operation: Operation, method: Method): Method {
    const invoke: Invoke = (args) => Reflect.apply(method, container, args)
    const run = operation.effect === undefined ? callPlain : effects[operation.effect]
    const isAsync = operation.answer === 'promise' || operation.answer === 'process'
    return disguise(function (this: unknown, ...args: unknown[]): unknown {
      // Torn off its object, a method fails as it would without us.
      if (this !== proxy) return Reflect.apply(method, this, args)
      try {
        admit(operation, args)
      } catch (refusal) {
        if (isAsync) return Promise.reject(refusal)
        throw refusal
      }
      if (operation.answer === 'fetcher')
        return watchFetcher(invoke(args), operation, args, { instrument, sandbox })
      return run(operation, invoke, args)
    }, method)
  }

  const shown: Shown<C> = {}
  for (const [name, operation] of Object.entries(containerOperations)) {
    const method: unknown = Reflect.get(container, name)
    if (typeof method !== 'function') continue
    const wrapped = wrapMethod(operation, method as Method)
    shown[name] = () => wrapped
  }
  const proxy: C = overlay(container, shown)
  return proxy
}

const MS_PER_S = 1_000

const isOptional = (value: unknown): value is object | undefined =>
  value === undefined || (typeof value === 'object' && value !== null)

/**
 * Adds a variable to a command's environment; one of the caller's own by that name stays. Undefined for options that
 * the container will refuse: it must see them as they are.
 */
function addEnvironment(options: unknown, name: string, value: string): object | undefined {
  if (!isOptional(options)) return undefined
  const given = options ?? {}
  const own: unknown = Reflect.get(given, 'env')
  if (!isOptional(own)) return undefined
  const env = { [name]: value, ...own }
  const prototype: unknown = Object.getPrototypeOf(given)
  if (prototype === Object.prototype || prototype === null) return { ...given, env }
  return Object.create(given, { env: { value: env, enumerable: true } }) as object
}

function once<T>(run: () => T): () => T {
  let result: { readonly value: T } | undefined
  return () => (result ??= { value: run() }).value
}
