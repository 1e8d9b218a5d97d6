/** One task of an agent: prompts, tool calls, commands, and what became of them. */
import { attr, event } from '@sandglass/schemas/semconv'
import type { Attributes } from '@sandglass/schemas/testing/rows'
import { commands, hosts, models, tools, type WorkClass } from './fleet.ts'
import type { Recorder } from './recorder.ts'

export interface TaskPlan {
  readonly context: Attributes
  readonly taskId: string
  readonly work: WorkClass
  readonly attempt: number
  readonly startMs: number
  /** What goes wrong, if anything. */
  readonly incident: Incident | undefined
}

export type Incident =
  | 'secret_burst'
  | 'egress_denied'
  | 'manifest_rewrite'
  | 'runaway'
  | 'override'
  | 'debug_shell'

export interface TaskEnd {
  readonly endMs: number
  readonly outcome: string
  readonly cpuSeconds: number
}

const HEARTBEAT_MS = 30_000
const ID_DIGITS = 16
/** CPU of a task that ran away, against a common one. */
const RUNAWAY_FACTOR = 30
const FAILED_COMMAND_SHARE = 0.12
const WRITES_SHARE = 0.4

export function recordTask(recorder: Recorder, plan: TaskPlan): TaskEnd {
  const run = new TaskRun(recorder, plan)
  run.start()
  const turns = plan.work.turnsMin + recorder.random.below(plan.work.turnsMore)
  for (let turn = 0; turn < turns; turn += 1) run.turn(turn)
  run.suffer()
  return run.finish()
}

class TaskRun {
  readonly #recorder: Recorder
  readonly #plan: TaskPlan
  readonly #root: string
  #nowMs: number
  #cpuSeconds = 0

  constructor(recorder: Recorder, plan: TaskPlan) {
    this.#recorder = recorder
    this.#plan = plan
    this.#nowMs = plan.startMs
    this.#root = recorder.newSpanId()
  }

  get #random() {
    return this.#recorder.random
  }

  start(): void {
    this.#recorder.event(event.taskStarted, this.#nowMs, {
      ...this.#plan.context,
      [attr.taskQueueDuration]: round(this.#random.next()),
      [attr.taskHeartbeatTtl]: 90,
    })
  }

  /** A prompt, the call it asks for, and the commands of that call. */
  turn(index: number): void {
    const promptId = `prm_${this.#random.hex(ID_DIGITS)}`
    const context = { ...this.#plan.context, [attr.promptId]: promptId }
    const chat = this.#chat(context, index)
    const calls = this.#random.next() < 0.25 ? 2 : 1
    for (let call = 0; call < calls; call += 1) this.#call(context, chat)
  }

  #chat(context: Attributes, index: number): string {
    const { model } = this.#plan.work
    const { seconds, output } = models[model] ?? { seconds: 5, output: 500 }
    const durationMs = Math.round(seconds * 1000 * (0.4 + 1.6 * this.#random.next()))
    const input = 1500 + index * 2500 + this.#random.below(2000)
    const usage = {
      [attr.providerName]: 'anthropic',
      [attr.requestModel]: model,
      [attr.responseId]: `resp_${this.#random.hex(ID_DIGITS)}`,
      [attr.inputTokens]: input,
      [attr.cachedInputTokens]: index === 0 ? 0 : Math.floor(input * 0.8),
      [attr.outputTokens]: Math.floor(output * (0.3 + 1.4 * this.#random.next())),
    }
    const span = this.#recorder.span({
      name: `chat ${model}`,
      startMs: this.#nowMs,
      durationMs,
      parentSpanId: this.#root,
      attributes: {
        ...context,
        ...usage,
        [attr.operationName]: 'chat',
        [attr.promptHash]: this.#random.hex(64),
        [attr.promptSource]: index === 0 ? 'user' : 'tool_result',
      },
    })
    this.#pass(durationMs)
    this.#recorder.event(
      event.inferenceMeasured,
      this.#nowMs,
      { ...context, ...usage, [attr.chargeSource]: 'provider' },
      span,
    )
    return span
  }

  #call(promptContext: Attributes, chat: string): void {
    const tool = this.#random.pick(tools)
    const callId = `call_${this.#random.hex(ID_DIGITS)}`
    const span = this.#recorder.newSpanId()
    const context = { ...promptContext, [attr.toolName]: tool, [attr.toolCallId]: callId }
    const startMs = this.#nowMs
    const count = 1 + this.#random.below(3)
    let failed = false
    for (let n = 0; n < count; n += 1) failed = this.#command(context, span) || failed
    if (this.#random.next() < 0.3) this.#read(context, span)
    if (this.#random.next() < 0.2) this.#nested(promptContext, context, span)
    this.#recorder.span(
      {
        name: `execute_tool ${tool}`,
        startMs,
        durationMs: this.#nowMs - startMs,
        parentSpanId: this.#root,
        status: failed ? 'Error' : 'Unset',
        links: [chat],
        attributes: {
          ...context,
          [attr.operationName]: 'execute_tool',
          [attr.toolType]: 'function',
          [attr.toolDepth]: 0,
        },
      },
      span,
    )
  }

  #nested(promptContext: Attributes, parent: Attributes, parentSpanId: string): void {
    const tool = this.#random.pick(tools)
    const context = {
      ...promptContext,
      [attr.toolName]: tool,
      [attr.toolCallId]: `call_${this.#random.hex(ID_DIGITS)}`,
      [attr.toolParentName]: parent[attr.toolName],
      [attr.toolParentCallId]: parent[attr.toolCallId],
    }
    const span = this.#recorder.newSpanId()
    const startMs = this.#nowMs
    const failed = this.#command(context, span)
    this.#recorder.span(
      {
        name: `execute_tool ${tool}`,
        startMs,
        durationMs: this.#nowMs - startMs,
        parentSpanId,
        status: failed ? 'Error' : 'Unset',
        attributes: {
          ...context,
          [attr.operationName]: 'execute_tool',
          [attr.toolType]: 'function',
          [attr.toolDepth]: 1,
        },
      },
      span,
    )
  }

  /** Returns whether it failed. */
  #command(context: Attributes, parentSpanId: string): boolean {
    const command = this.#random.pick(commands)
    const file = this.#file()
    const line = command.line.replace('{file}', file)
    const durationMs = Math.round(20 + command.secondsMax * 1000 * this.#random.next() ** 2)
    const cpu = round(
      (durationMs / 1000) *
        0.8 *
        this.#random.next() *
        (this.#plan.incident === 'runaway' ? RUNAWAY_FACTOR : 1),
    )
    const failed = this.#random.next() < FAILED_COMMAND_SHARE
    const facts = { ...context, [attr.operation]: 'exec', [attr.commandLine]: line }
    this.#recorder.event(event.policyEvaluated, this.#nowMs, {
      ...facts,
      [attr.policyId]: 'default',
      [attr.policyVersion]: '7',
      [attr.policyRule]: `tier-${this.#plan.work.tier.toLowerCase()}-commands`,
      [attr.policyVerdict]: 'allow',
      [attr.policyAction]: 'allowed',
      [attr.policySubjectKind]: 'command',
      [attr.policySubject]: line,
    })
    const span = this.#recorder.span({
      name: command.executable,
      startMs: this.#nowMs,
      durationMs,
      parentSpanId,
      status: failed ? 'Error' : 'Unset',
      attributes: {
        ...facts,
        [attr.executableName]: command.executable,
        [attr.workingDirectory]: '/workspace',
        [attr.exitCode]: failed ? 1 : 0,
        [attr.pid]: 100 + this.#random.below(30_000),
        [attr.cpuTime]: cpu,
        [attr.stdoutSize]: this.#random.below(20_000),
        [attr.stderrSize]: failed ? this.#random.below(2000) : 0,
      },
    })
    this.#cpuSeconds += cpu
    this.#pass(durationMs)
    if (command.writes && this.#random.next() < WRITES_SHARE)
      this.#write(facts, span, `/workspace/src/${file}`, 'code')
    return failed
  }

  #read(context: Attributes, parentSpanId: string): void {
    this.#recorder.span({
      name: 'sandbox.file.read',
      startMs: this.#nowMs,
      durationMs: 2 + this.#random.below(20),
      parentSpanId,
      attributes: {
        ...context,
        [attr.operation]: 'file.read',
        [attr.filePath]: `/workspace/src/${this.#file()}`,
      },
    })
  }

  #write(context: Attributes, spanId: string, path: string, category: string): void {
    this.#recorder.event(
      event.fileMutated,
      this.#nowMs,
      {
        ...context,
        [attr.filePath]: path,
        [attr.fileOperation]: 'modify',
        [attr.fileSource]: 'exec',
        [attr.fileAttribution]: 'exact',
        [attr.fileCategory]: category,
        [attr.fileSize]: this.#random.below(20_000),
        [attr.fileSha256After]: this.#random.hex(64),
      },
      spanId,
    )
  }

  #file(): string {
    return `module-${this.#random.below(40)}.ts`
  }

  /** What an incident adds, and an outbound request now and then. */
  suffer(): void {
    if (this.#random.next() < 0.3) this.#egress('allowed', this.#random.pick(hosts))
    const { incident } = this.#plan
    if (incident === undefined) return
    const reactions: Readonly<Record<Incident, () => void>> = {
      secret_burst: () => repeat(8, () => this.#secret('denied')),
      egress_denied: () => repeat(12, () => this.#egress('denied', `c2-${this.#random.below(50)}.example`)),
      manifest_rewrite: () =>
        this.#write(this.#plan.context, '', '/workspace/deploy/production.yaml', 'manifest'),
      runaway: () => this.#pass(600_000),
      override: () => this.#override(),
      debug_shell: () => this.#debugShell(),
    }
    reactions[incident]()
  }

  #secret(outcome: string): void {
    this.#pass(500)
    this.#recorder.event(event.secretAccessed, this.#nowMs, {
      ...this.#plan.context,
      [attr.secretName]: this.#random.pick(['NPM_TOKEN', 'DEPLOY_KEY', 'CLOUD_KEY']),
      [attr.secretOutcome]: outcome,
      [attr.secretChannel]: 'env',
      [attr.secretDetection]: 'broker',
      [attr.secretRule]: `tier-${this.#plan.work.tier.toLowerCase()}-secrets`,
    })
  }

  #egress(outcome: string, host: string): void {
    this.#pass(200)
    this.#recorder.event(event.egressRequested, this.#nowMs, {
      ...this.#plan.context,
      [attr.serverAddress]: host,
      [attr.serverPort]: 443,
      [attr.requestMethod]: 'GET',
      [attr.responseStatus]: outcome === 'allowed' ? 200 : 520,
      [attr.requestSize]: this.#random.below(2000),
      [attr.responseSize]: outcome === 'allowed' ? this.#random.below(200_000) : 0,
      [attr.egressOutcome]: outcome,
    })
  }

  #override(): void {
    this.#recorder.event(event.policyOverridden, this.#nowMs, {
      ...this.#plan.context,
      [attr.overrideId]: `ovr_${this.#random.hex(ID_DIGITS)}`,
      [attr.overrideScope]: `task:${this.#plan.taskId}`,
      [attr.policyId]: 'default',
      [attr.actorType]: 'human',
      [attr.actorId]: this.#plan.context[attr.userId],
      [attr.reason]: 'hotfix for an incident',
      [attr.ticket]: `OPS-${1000 + this.#random.below(9000)}`,
      [attr.expiresAt]: this.#nowMs + 3_600_000,
    })
  }

  #debugShell(): void {
    const session = {
      ...this.#plan.context,
      [attr.debugGrantId]: '',
      [attr.actorType]: 'human',
      [attr.actorId]: this.#plan.context[attr.userId],
    }
    this.#recorder.event(event.debugOpened, this.#nowMs, session)
    this.#pass(120_000)
    this.#recorder.event(event.debugClosed, this.#nowMs, session)
  }

  finish(): TaskEnd {
    const { context, work, startMs, incident } = this.#plan
    const draw = this.#random.next()
    const outcome = incident === 'runaway' ? 'cancelled' : draw < work.successShare ? 'success' : 'failure'
    this.#heartbeats()
    // One task in two hundred is never heard of again.
    if (draw < 0.995) {
      this.#recorder.event(event.taskFinished, this.#nowMs, {
        ...context,
        [attr.taskOutcome]: outcome,
        [attr.taskOutcomeSource]: 'test',
        [attr.taskDuration]: (this.#nowMs - startMs) / 1000,
      })
    }
    this.#recorder.span(
      {
        name: `invoke_agent ${work.agentName}`,
        startMs,
        durationMs: this.#nowMs - startMs,
        status: outcome === 'success' ? 'Unset' : 'Error',
        attributes: { ...context, [attr.operationName]: 'invoke_agent', [attr.taskOutcome]: outcome },
      },
      this.#root,
    )
    return { endMs: this.#nowMs, outcome, cpuSeconds: this.#cpuSeconds }
  }

  #heartbeats(): void {
    for (let at = this.#plan.startMs + HEARTBEAT_MS; at < this.#nowMs; at += HEARTBEAT_MS) {
      this.#recorder.event(event.taskHeartbeat, at, { ...this.#plan.context, [attr.taskHeartbeatTtl]: 90 })
    }
  }

  #pass(ms: number): void {
    this.#nowMs += ms
  }
}

const round = (value: number): number => Math.round(value * 1e6) / 1e6

function repeat(times: number, run: () => void): void {
  for (let n = 0; n < times; n += 1) run()
}
