import { DurableObject } from 'cloudflare:workers'

import { createSandglass } from '@sandglass/sdk'
import type { Sandglass, Stats, Task } from '@sandglass/sdk'
import { SandglassSuspendedError, createGate } from '@sandglass/sdk/governor'
import type { Gate, GateCall } from '@sandglass/sdk/governor'

import { agents } from './agents/index.ts'
import type { Agent, AgentOptions, AgentResult } from './agents/index.ts'
import type { Env } from './env.ts'
import { ScriptedModel } from './model.ts'
import { policy } from './policy.ts'
import { Shell } from './shell.ts'
import type { TaskRequest } from './task-request.ts'

const INSTANCE_TYPE = 'standard-1'
const PLATFORM = {
  class: 'checkout',
  tier: 'A',
  agent: 'platform',
  actor: { type: 'service', id: 'platform' },
} as const

export interface TaskResult {
  readonly taskId: string
  readonly sandboxId: string
  readonly outcome: AgentResult['outcome'] | 'refused'
  readonly facts: Readonly<Record<string, string | number | boolean>>
}

/** One sandbox and the agents that work in it: instrumented, gated, and metered. */
export class AgentSandbox extends DurableObject<Env> {
  readonly #sandglass: Sandglass
  readonly #gate: Gate
  readonly #container: Container
  readonly #bare: Container
  #running: Agent | undefined
  #ended: Promise<void> | undefined
  #taskId: string | undefined

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    if (ctx.container === undefined) throw new Error('AgentSandbox needs a container: bind one to its class')
    this.#bare = ctx.container
    this.#sandglass = createSandglass({
      serviceName: 'agent-worker',
      environment: 'development',
      endpoint: env.OTLP_ENDPOINT,
      headers: env.OTLP_TOKEN === '' ? {} : { authorization: `Bearer ${env.OTLP_TOKEN}` },
      promptHashKey: env.PROMPT_HASH_KEY,
      state: ctx.storage,
      waitUntil: (work) => ctx.waitUntil(work),
      policy,
    })
    this.#gate = createGate({
      ctx,
      scopes: env.SCOPES,
      context: () => this.#scope(),
      emit: (name, attributes) => this.#sandglass.event(name, attributes),
      start: () => this.#start(),
    })
    this.#container = this.#sandglass.container(this.#gate.guard(ctx.container), {
      sandboxId: ctx.id.toString(),
      sandboxName: ctx.id.name,
      instanceType: INSTANCE_TYPE,
      watch: ['/workspace'],
      meterIntervalMs: Number(env.METER_INTERVAL_MS),
    })
  }

  /** The governor's way in. */
  async sandglassGate(call: GateCall): ReturnType<Gate['call']> {
    const reply = await this.#gate.call(call)
    await this.#sandglass.flush()
    return reply
  }

  /** Runs an agent to its end, whatever that is; rejects only when the agent is unknown. */
  async run(request: TaskRequest): Promise<TaskResult> {
    const agent = agents[request.agent]
    if (agent === undefined) throw new Error(`no agent is called ${request.agent}`)
    if (this.#running !== undefined) return this.#refused(request, { reason: 'busy' })
    this.#running = agent
    this.#taskId = request.taskId
    try {
      return await this.#admitted(agent, request)
    } finally {
      this.#running = undefined
      this.#taskId = undefined
      await this.#sandglass.flush()
    }
  }

  /** Ends the meter and sends what is left. */
  async close(): Promise<Stats> {
    await this.#sandglass.sandbox(this.#container)?.close()
    return this.#sandglass.flush()
  }

  stats(): Stats {
    return this.#sandglass.stats()
  }

  async #admitted(agent: Agent, request: TaskRequest): Promise<TaskResult> {
    const admission = await this.#gate.admit({
      priority: agent.task.priority ?? 'interactive',
      operation: 'task',
    })
    if (admission.outcome !== 'admitted') {
      const { reason, budget = '', retryAfterS } = admission
      return this.#refused(request, { reason, budget, retryAfterS })
    }
    if (!this.#container.running) this.#start()
    const unprepared = await this.#prepare(agent, request.taskId)
    const { taskId: id, attempt, retryOf, options } = request
    const work = () =>
      this.#sandglass.task({ ...agent.task, id, attempt, retryOf }, (task) =>
        this.#work(agent, task, options),
      )
    const result = unprepared ?? (await work())
    if (result.outcome !== 'suspended') await this.#destroy()
    const { outcome, facts } = result
    return { taskId: id, sandboxId: this.ctx.id.toString(), outcome, facts }
  }

  #refused({ taskId }: TaskRequest, facts: TaskResult['facts']): TaskResult {
    return { taskId, sandboxId: this.ctx.id.toString(), outcome: 'refused', facts }
  }

  /** The platform's own work is a task of its own, trusted as the platform is. Returns what stopped it. */
  async #prepare({ prepare, task }: Agent, taskId: string): Promise<AgentResult | undefined> {
    if (prepare === undefined) return undefined
    const { team, user, costCenter, repositoryUrl } = task
    const spec = { ...PLATFORM, id: `${taskId}-checkout`, team, user, costCenter, repositoryUrl }
    try {
      await this.#sandglass.task(spec, () => prepare(new Shell(this.#container)))
      return undefined
    } catch (error) {
      return this.#resultOf(error)
    }
  }

  async #work(agent: Agent, task: Task, options: AgentOptions): Promise<AgentResult> {
    const [shell, model] = [new Shell(this.#container), new ScriptedModel(task)]
    const run = { task, shell, model, options, sandglass: this.#sandglass, env: this.env }
    const result = await agent.run(run).catch((error: unknown) => this.#resultOf(error))
    task.outcome(result.outcome, result.source)
    return result
  }

  #start(): void {
    const agent = this.#running
    this.#container.start({
      enableInternet: false,
      ...(agent === undefined ? {} : { labels: { team: agent.task.team, tier: agent.task.tier } }),
    })
    this.#ended = this.#bare.monitor().catch(() => {})
  }

  /**
   * `running` turns false when `monitor` has seen the end, and not before. It is asked of the bare container: a
   * container that is destroyed ends by a signal, which is no failure here.
   */
  async #destroy(): Promise<void> {
    await this.#container.destroy()
    await this.#ended
  }

  #scope(): Record<string, string> {
    const sandbox = this.ctx.id.toString()
    if (this.#running === undefined || this.#taskId === undefined) return { sandbox }
    const { team, user = '', tier, class: taskClass, costCenter = '' } = this.#running.task
    return { sandbox, team, user, tier, class: taskClass, cost_center: costCenter, task: this.#taskId }
  }

  /** What stopped an agent, as its result. A suspension is the gate's word, everything else the agent's failure. */
  #resultOf(error: unknown): AgentResult {
    const facts = { error: String(error) }
    const suspended = SandglassSuspendedError.is(error) || this.#gate.state().phase !== 'awake'
    if (suspended) return { outcome: 'suspended', source: 'gate', facts }
    return { outcome: 'failure', source: 'agent', facts }
  }
}
