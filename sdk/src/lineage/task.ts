import { SpanKind } from '@opentelemetry/api'
import { attr, event } from '@sandglass/schemas/semconv'
import type { Frame, Scope } from '../context/scope.ts'
import { parseTraceparent } from '../context/trace-context.ts'
import { describeError } from '../describe-error.ts'
import type { Facts } from '../facts.ts'
import { NOWHERE, emitEvent, openSpan, type Instrument } from '../instrument.ts'
import type { OpenSpan } from '../recorder.ts'
import { changeFacts } from './change.ts'
import { startHeartbeat } from './heartbeat.ts'
import { runPrompt } from './prompt.ts'
import type { RunningTask } from './running-tasks.ts'
import { taskFacts } from './task-facts.ts'
import type { OutcomeSource, Task, TaskOutcome, TaskSpec } from './task-spec.ts'
import { runTool } from './tool.ts'

const ID_BYTES = 8
const HEARTBEAT_TTL_S = 60

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

const where = (instrument: Instrument) => instrument.sandboxes.only()?.where() ?? NOWHERE

/** Runs `run` as a task; settles as it does. */
export async function runTask<T>(
  instrument: Instrument,
  spec: TaskSpec,
  policyVersion: string | undefined,
  run: (task: Task) => T | Promise<T>,
): Promise<T> {
  const id = spec.id ?? `task_${instrument.random(ID_BYTES)}`
  const facts = instrument.guard(() => taskFacts(spec, id, policyVersion)) ?? {}
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
  const outer: Scope | undefined = joinedScope(instrument, spec)
  const frame: Frame = { prompt: undefined, tool: undefined }
  const span = openSpan(instrument, outer, where(instrument), {
    name: `invoke_agent ${String(facts[attr.agentName] ?? '')}`.trim(),
    kind: SpanKind.INTERNAL,
    facts: { ...facts, [attr.operationName]: 'invoke_agent', [attr.taskDeadline]: spec.deadline },
  })
  let said: Judgement | undefined
  const task = createTask(instrument, id, (judgement) => (said = judgement))
  const scope: Scope = { task, span: span.context ?? outer?.span, facts, frame }
  const running = instrument.running.enter({ id, facts })
  const ttl = spec.heartbeatTtl ?? HEARTBEAT_TTL_S
  emitEvent(instrument, scope, where(instrument), event.taskStarted, {
    [attr.taskQueueDuration]: spec.queueDuration,
    [attr.taskDeadline]: spec.deadline,
    [attr.taskHeartbeatTtl]: ttl,
  })
  const stopHeartbeat = startHeartbeat(instrument, ttl, () => emitHeartbeat(instrument, scope, ttl))
  return {
    task,
    scope,
    judgement: () => said,
    finish(judgement, error) {
      stopHeartbeat()
      finishTask(instrument, { scope, span, running }, judgement, error)
    },
  }
}

/** A task inside a task keeps its trace; a given trace parent wins. */
function joinedScope(instrument: Instrument, spec: TaskSpec): Scope | undefined {
  const outer = instrument.scopes.getStore()
  const span = instrument.guard(() => parseTraceparent(spec.traceparent)) ?? outer?.span
  if (outer === undefined && span === undefined) return undefined
  const frame: Frame = { prompt: undefined, tool: undefined }
  return { task: outer?.task ?? createTask(instrument, '', () => {}), span, facts: {}, frame }
}

function finishTask(
  instrument: Instrument,
  { scope, span, running }: { readonly scope: Scope; readonly span: OpenSpan; readonly running: RunningTask },
  { outcome, source }: Judgement,
  error: unknown,
): void {
  const description = error === undefined ? undefined : describeError(error)
  const facts: Facts = { [attr.taskOutcome]: outcome, [attr.taskOutcomeSource]: source }
  instrument.running.leave(running)
  emitEvent(instrument, scope, where(instrument), event.taskFinished, {
    ...facts,
    [attr.errorType]: description?.type,
    [attr.errorMessage]: description?.message,
  })
  span.set(facts)
  if (error !== undefined) span.fail(error)
  else if (outcome === 'failure') span.failWith('task_failure')
  span.end()
}

function emitHeartbeat(instrument: Instrument, scope: Scope, ttl: number): void {
  emitEvent(instrument, scope, where(instrument), event.taskHeartbeat, { [attr.taskHeartbeatTtl]: ttl })
}

/** The task as its caller sees it. What it records belongs to the scope it is called in. */
export function createTask(instrument: Instrument, id: string, judge: (judgement: Judgement) => void): Task {
  const emit = (name: Parameters<typeof emitEvent>[3], facts: Facts): void =>
    emitEvent(instrument, instrument.scopes.getStore(), where(instrument), name, facts)
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
