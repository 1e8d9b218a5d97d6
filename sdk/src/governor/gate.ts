/** The gate of one sandbox, inside the Durable Object that owns it. */
import type { GovernorReply, ResumeRequest, SuspendRequest } from '@sandglass/schemas/governor'
import type { Scope, ScopeShape } from '@sandglass/schemas/governor/scope'
import type { GateState } from '@sandglass/schemas/governor/state'
import { attr, event } from '@sandglass/schemas/semconv'
import { decideAdmission, type Admission, type AdmissionRequest } from './admission.ts'
import type { GateCall } from './gate-call.ts'
import { reply, strongestHold } from './gate-state.ts'
import { GateStore } from './gate-store.ts'
import { guardContainer } from './guard-container.ts'
import type { EmitEvent, GateContainer, GateObject, ScopeNamespace, WorkspaceBackup } from './ports.ts'
import { createProcessTracker } from './process-tracker.ts'
import { restoreWorkspace, resumeSandbox } from './resume.ts'
import type { SandboxParts } from './sandbox-parts.ts'
import { defaultShapes } from './shapes.ts'
import { suspendSandbox } from './suspend.ts'
import { SandglassSuspendedError, type Refusal } from './suspended-error.ts'
import { tarBackup } from './tar-backup.ts'
import { createVerdictReader, type EffectiveVerdict } from './verdict-reader.ts'

/** What a gate needs of its Durable Object. */
export interface GateOptions {
  /** The `ctx` of the Durable Object; its storage must be SQLite-backed. */
  readonly ctx: GateObject
  /** Namespace of SandglassScope. Without it only suspensions pushed to this sandbox are enforced. */
  readonly scopes?: ScopeNamespace | undefined
  /** Context of the sandbox and of its current task, asked at every check. */
  readonly context?: (() => Scope) | undefined
  /** Shapes of scope whose verdicts are asked for; each costs one read per second of activity. */
  readonly shapes?: readonly ScopeShape[] | undefined
  readonly emit?: EmitEvent | undefined
  /** Starts the container as its owner would, with its image and environment; `ctx.container.start()` when absent. */
  readonly start?: (() => void) | undefined
  /** Keeps the workspace; `tarBackup` of /workspace in the object's own storage when absent. */
  readonly backup?: WorkspaceBackup | undefined
  readonly now?: (() => number) | undefined
  /** Hears of scopes that cannot be read; their last verdict stays in force. */
  readonly onUnreadable?: ((scope: string, error: unknown) => void) | undefined
}

/** The gate of one sandbox: admits or refuses its operations, suspends and resumes it. */
export interface Gate {
  /** Throws SandglassSuspendedError by what is known now. Fits as the gate of an instrumented container. */
  readonly check: (operation: string) => void
  /** Throws SandglassSuspendedError by verdicts at most a second old. */
  readonly assertAwake: (operation: string) => Promise<void>
  /** Whether new work may begin; emits `sandglass.admission.decided` unless it is admitted within budget. */
  readonly admit: (request: AdmissionRequest) => Promise<Admission>
  /** The same container, refusing `start`, `exec` and ports while suspended. Wrap the bare one, then instrument. */
  readonly guard: <C extends GateContainer>(container: C) => C
  /** What the governor asks; expose it as the object's method `sandglassGate`. */
  readonly call: (call: GateCall) => Promise<GovernorReply>
  readonly suspend: (request: SuspendRequest) => Promise<GovernorReply>
  readonly resume: (request: ResumeRequest) => Promise<GovernorReply>
  readonly state: () => GateState
}

/** Call it in the constructor of the Durable Object; requests wait until its state is loaded. */
export function createGate(options: GateOptions): Gate {
  const parts = partsOf(options)
  const verdicts = verdictsOf(options)
  const inTurn = createTurns()
  const context = (): Scope => ({ sandbox: parts.sandboxId, ...options.context?.() })
  void options.ctx.blockConcurrencyWhile(async () => parts.store.load())

  const refuse = (operation: string, effective: EffectiveVerdict): void => {
    if (!parts.store.isLoaded)
      throw new Error(
        `${operation} refused: the gate's state is not read yet. Do it in a handler, or in ctx.blockConcurrencyWhile after createGate`,
      )
    const refusal = refusalOf(operation, parts.store.state, effective)
    if (refusal !== undefined) throw new SandglassSuspendedError(refusal)
  }
  const assertAwake = async (operation: string): Promise<void> =>
    refuse(operation, await verdicts.fresh(context()))
  const suspend = async (request: SuspendRequest) => inTurn(async () => suspendSandbox(parts, request))
  const resume = async (request: ResumeRequest) => inTurn(async () => resumeSandbox(parts, request))

  const gate: Gate = {
    check: (operation) => refuse(operation, verdicts.known(context())),
    assertAwake,
    admit: async ({ priority, operation }) => {
      const admission = admissionOf(parts.store.state, await verdicts.fresh(context()), priority)
      if (admission.verdict !== 'ok') emitAdmission(parts, admission, operation ?? 'task')
      return admission
    },
    guard: (container) =>
      guardContainer(container, {
        check: gate.check,
        processes: parts.processes,
        assertAwake: async (operation) => {
          await assertAwake(operation)
          if (parts.store.state.restorePending && parts.container.running)
            await inTurn(async () => restoreWorkspace(parts))
        },
      }),
    call: async (call) => {
      if (call.operation === 'suspend') return suspend(call.request)
      if (call.operation === 'resume') return resume(call.request)
      return reply('already', parts.store.state)
    },
    suspend,
    resume,
    state: () => parts.store.state,
  }
  return gate
}

function partsOf({ ctx, emit, start, backup, now }: GateOptions): SandboxParts {
  const { container, storage } = ctx
  if (container === undefined)
    throw new Error('createGate: this Durable Object has no container; bind one to its class')
  return {
    sandboxId: ctx.id.toString(),
    store: new GateStore(storage),
    container,
    backup: backup ?? tarBackup({ container, storage }),
    processes: createProcessTracker(),
    emit: emit ?? (() => undefined),
    start: start ?? (() => container.start()),
    now: now ?? Date.now,
  }
}

const noVerdicts: EffectiveVerdict = { verdict: 'ok', entry: undefined }

function verdictsOf({ scopes, shapes, now, onUnreadable }: GateOptions) {
  if (scopes === undefined) return { known: () => noVerdicts, fresh: async () => noVerdicts }
  return createVerdictReader(
    scopes,
    shapes ?? defaultShapes,
    now ?? Date.now,
    onUnreadable ?? (() => undefined),
  )
}

/** One suspension, resumption or restoration at a time. */
function createTurns(): <T>(run: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return async (run) => {
    const turn = last.then(run)
    last = turn.catch(() => undefined)
    return turn
  }
}

function refusalOf(operation: string, state: GateState, effective: EffectiveVerdict): Refusal | undefined {
  const by = strongestHold(state) ?? (effective.verdict === 'suspend' ? effective.entry : undefined)
  if (by === undefined) return undefined
  const { reason, budget, scope, decisionId, remedy } = by
  return { operation, reason, budget, scope, decisionId, remedy }
}

function admissionOf(
  state: GateState,
  effective: EffectiveVerdict,
  priority: AdmissionRequest['priority'],
): Admission {
  const hold = strongestHold(state)
  return hold === undefined
    ? decideAdmission(effective.verdict, priority, effective.entry)
    : decideAdmission('suspend', priority, hold)
}

function emitAdmission(parts: SandboxParts, admission: Admission, operation: string): void {
  const { outcome, reason, verdict, budget, decisionId, retryAfterS } = admission
  parts.emit(event.admissionDecided, {
    [attr.sandboxId]: parts.sandboxId,
    [attr.admissionOutcome]: outcome,
    [attr.reason]: reason,
    [attr.verdict]: verdict,
    [attr.retryAfter]: retryAfterS,
    [attr.operation]: operation,
    ...(budget === undefined ? {} : { [attr.budgetId]: budget }),
    ...(decisionId === undefined ? {} : { [attr.decisionId]: decisionId }),
  })
}
