import type { HrTime } from '@opentelemetry/api'
import { attr, event, type EventName } from '@sandglass/schemas/semconv'
import { Frame, type Scope } from '../context/scope.ts'
import { parseTraceparent } from '../context/trace-context.ts'
import { describeError } from '../describe-error.ts'
import { NO_FACTS, type Facts } from '../facts.ts'
import { emitEvent, whereNow, type Instrument } from '../instrument.ts'
import { createSettling } from '../settling.ts'
import { INTERNAL } from '../span-kind.ts'
import type { OpenSpan } from '../span-record.ts'
import { changeFacts } from './change.ts'
import { startHeartbeat } from './heartbeat.ts'
import { runPrompt } from './prompt.ts'
import { taskFacts } from './task-facts.ts'
import type { OutcomeSource, Task, TaskOutcome, TaskSpec } from './task-spec.ts'
import { runTool } from './tool.ts'

const ID_BYTES = 8
const HEARTBEAT_TTL_S = 60
const MS_PER_S = 1_000

interface Judgement {
  readonly outcome: TaskOutcome
  readonly source: OutcomeSource
}

/** What of an error says that the task was stopped rather than that it failed. */
const OUTCOME_BY_ERROR: Readonly<Record<string, Judgement>> = {
  AbortError: { outcome: 'cancelled', source: 'agent' },
  SANDGLASS_SUSPENDED: { outcome: 'suspended', source: 'gate' },
  SandglassSuspendedError: { outcome: 'suspended', source: 'gate' },
}
const FAILURE: Judgement = { outcome: 'failure', source: 'agent' }
const SUCCESS: Judgement = { outcome: 'success', source: 'agent' }

/** Runs `run` as a task; settles as it does. */
export async function runTask<T>(
  instrument: Instrument,
  spec: TaskSpec,
  policyVersion: string | undefined,
  run: (task: Task) => T | Promise<T>,
): Promise<T> {
  const id = spec.id ?? `task_${instrument.random(ID_BYTES)}`
  const facts = instrument.guard(() => taskFacts(spec, id, policyVersion)) ?? NO_FACTS
  const lifetime = startTask(instrument, spec, id, facts)
  try {
    const result = await instrument.scopes.run(lifetime.scope, () => run(lifetime.task))
    lifetime.finish(lifetime.judgement() ?? SUCCESS)
    return result
  } catch (error) {
    lifetime.finish(judge(error, lifetime.judgement()), error)
    throw error
  }
}

function judge(error: unknown, said: Judgement | undefined): Judgement {
  const stopped = OUTCOME_BY_ERROR[describeError(error).type]
  if (stopped !== undefined) return stopped
  return said === undefined || said.outcome === 'success' ? FAILURE : said
}

interface Lifetime {
  readonly task: Task
  readonly scope: Scope
  judgement(): Judgement | undefined
  finish(judgement: Judgement, error?: unknown): void
}

function startTask(instrument: Instrument, spec: TaskSpec, id: string, facts: Facts): Lifetime {
  let said: Judgement | undefined
  const startedMs = instrument.clock.now()
  const task = createTask(instrument, id, (judgement) => (said = judgement))
  const frame = new Frame(facts)
  const parent =
    parseTraceparent(spec.traceparent) ??
    instrument.scopes.getStore()?.span ??
    instrument.guard(instrument.hostSpan)
  const span = instrument.recorder.open({
    name: `invoke_agent ${String(facts[attr.agentName] ?? '')}`.trim(),
    kind: INTERNAL,
    context: frame.facts,
    where: whereNow(instrument).facts,
    facts: { [attr.operationName]: 'invoke_agent', [attr.taskDeadline]: spec.deadline },
    parent,
  })
  const settling = createSettling(instrument.clock)
  const scope: Scope = { task, span: span.span ?? parent, frame, settling }
  const running = instrument.running.enter({ id, facts: frame.facts })
  const ttl = spec.heartbeatTtl ?? HEARTBEAT_TTL_S
  const beat = { [attr.taskHeartbeatTtl]: ttl }
  emitEvent(instrument, scope, whereNow(instrument), event.taskStarted, {
    ...beat,
    [attr.taskQueueDuration]: spec.queueDuration,
    [attr.taskDeadline]: spec.deadline,
  })
  const stopHeartbeat = startHeartbeat(instrument, ttl, () =>
    emitEvent(instrument, scope, whereNow(instrument), event.taskHeartbeat, beat),
  )
  return {
    task,
    scope,
    judgement: () => said,
    finish(judgement, error) {
      stopHeartbeat()
      instrument.running.leave(running)
      const spent = { startedMs, suspendedS: spec.suspendedDuration }
      finishTask(instrument, { scope, span, ...spent }, judgement, error)
    },
  }
}

interface Finishing {
  readonly scope: Scope
  readonly span: OpenSpan
  readonly startedMs: number
  readonly suspendedS: number | undefined
}

function finishTask(
  instrument: Instrument,
  { scope, span, startedMs, suspendedS }: Finishing,
  { outcome, source }: Judgement,
  error: unknown,
): void {
  const at = instrument.recorder.now()
  const facts: Facts = { [attr.taskOutcome]: outcome, [attr.taskOutcomeSource]: source }
  span.set(facts)
  if (error !== undefined) span.fail(error)
  else if (outcome === 'failure') span.failWith('task_failure')
  span.end(at)
  const description = error === undefined ? undefined : describeError(error)
  const duration = Math.max(0, instrument.clock.now() - startedMs) / MS_PER_S
  const spent = { [attr.taskDuration]: duration, [attr.taskSuspendedDuration]: suspendedS }
  const told = {
    ...facts,
    ...spent,
    [attr.errorType]: description?.type,
    [attr.errorMessage]: description?.message,
  }
  tellLast(instrument, scope, told, at)
}

/** What the task's commands are still to tell comes before its end in the chain; the time is that of its end. */
function tellLast(instrument: Instrument, scope: Scope, facts: Facts, at: HrTime): void {
  const tell = (): void => emitEvent(instrument, scope, whereNow(instrument), event.taskFinished, facts, at)
  const pending = scope.settling.current()
  if (pending === undefined) tell()
  else instrument.settling.track(pending.then(tell))
}

/** The task as its caller sees it. What it records belongs to the scope it is called in. */
export function createTask(instrument: Instrument, id: string, judge: (judgement: Judgement) => void): Task {
  const emit = (name: EventName, facts: Facts): void =>
    emitEvent(instrument, instrument.scopes.getStore(), whereNow(instrument), name, facts)
  return {
    id,
    prompt: (spec, run) => runPrompt(instrument, spec, run),
    tool: (name, args, run, options) => runTool(instrument, { name, args, options: options ?? {} }, run),
    outcome: (outcome, source) => judge({ outcome, source }),
    heartbeat: () => emit(event.taskHeartbeat, {}),
    async waitForHuman(run) {
      const leave = instrument.guard(() => instrument.sandboxes.enter('human_wait'))
      try {
        return await run()
      } finally {
        instrument.guard(() => leave?.())
      }
    },
    change: (change) => instrument.guard(() => emit(event.changeLinked, changeFacts(change, id))),
    artifact: ({ path, sha256, provenance }) =>
      emit(event.artifactProduced, {
        [attr.artifactPath]: path,
        [attr.artifactSha256]: sha256,
        [attr.artifactProvenance]: provenance,
      }),
  }
}
