/** The life of one sandbox: start, a few tasks with idle time between them, usage every minute, sleep. */
import { attr, event } from '@sandglass/schemas/semconv'
import type { Attributes } from '@sandglass/schemas/testing/rows'
import type { Random } from '../random.ts'
import { teams, workClasses, type Team, type WorkClass } from './fleet.ts'
import { Recorder } from './recorder.ts'
import type { Incident } from './scene.ts'
import { recordTask, type TaskEnd } from './task.ts'

const INTERVAL_MS = 60_000
const SANDBOX_DIGITS = 64
const TASK_DIGITS = 16
const GIB = 1024 ** 3
const RETRIES_MAX = 3
/** A sandbox forgotten open idles for hours. */
const FORGOTTEN_SHARE = 0.01

const incidents: readonly (readonly [Incident, number])[] = [
  ['secret_burst', 0.004],
  ['egress_denied', 0.004],
  ['manifest_rewrite', 0.006],
  ['runaway', 0.002],
  ['override', 0.003],
  ['debug_shell', 0.001],
]

export function recordLife(random: Random, startMs: number): Recorder {
  const recorder = new Recorder(random, {
    [attr.serviceName]: 'agent-worker',
    [attr.environment]: random.next() < 0.8 ? 'production' : 'staging',
    [attr.cloudProvider]: 'cloudflare',
    [attr.cloudRegion]: random.pick(['weur', 'enam', 'apac']),
  })
  new Life(recorder, startMs).run()
  return recorder
}

class Life {
  readonly #recorder: Recorder
  readonly #team: Team
  readonly #work: WorkClass
  readonly #context: Attributes
  #nowMs: number
  #sequence = 0

  constructor(recorder: Recorder, startMs: number) {
    const { random } = recorder
    this.#recorder = recorder
    this.#nowMs = startMs
    this.#team = random.pick(teams)
    this.#work = pickWeighted(random)
    this.#context = {
      [attr.teamId]: this.#team.teamId,
      [attr.costCenter]: this.#team.costCenter,
      [attr.userId]: random.pick(this.#team.userIds),
      [attr.tier]: this.#work.tier,
      [attr.sandboxId]: random.hex(SANDBOX_DIGITS),
      [attr.sandboxName]: `${this.#work.taskClass}-${random.below(100_000)}`,
      [attr.sandboxGeneration]: 1,
      [attr.instanceType]: this.#work.instanceType,
      [attr.repositoryUrl]: this.#team.repositoryUrl,
    }
  }

  run(): void {
    this.#lifecycle('starting', 600)
    this.#lifecycle('started', 50, { [attr.startupDuration]: 0.6 })
    const tasks = 1 + this.#recorder.random.below(3)
    for (let n = 0; n < tasks; n += 1) this.#workUntilDone()
    const forgotten = this.#recorder.random.next() < FORGOTTEN_SHARE
    this.#idle(forgotten ? 3 * 3_600_000 : 60_000 + this.#recorder.random.below(240_000))
    this.#lifecycle('slept', 0, { [attr.lifecycleCause]: 'idle' })
  }

  /** A task and its retries. */
  #workUntilDone(): void {
    let retryOf: string | undefined
    for (let attempt = 1; attempt <= RETRIES_MAX; attempt += 1) {
      const taskId = `task_${this.#recorder.random.hex(TASK_DIGITS)}`
      const end = this.#attempt(taskId, attempt, retryOf)
      this.#idle(this.#recorder.random.below(30_000))
      if (end.outcome !== 'failure') {
        if (end.outcome === 'success') this.#change(taskId)
        return
      }
      retryOf ??= taskId
    }
  }

  #attempt(taskId: string, attempt: number, retryOf: string | undefined): TaskEnd {
    this.#recorder.startTrace()
    const context = {
      ...this.#context,
      [attr.taskId]: taskId,
      [attr.taskClass]: this.#work.taskClass,
      [attr.agentName]: this.#work.agentName,
      [attr.taskAttempt]: attempt,
      ...(retryOf === undefined ? {} : { [attr.taskRetryOf]: retryOf }),
    }
    const startMs = this.#nowMs
    const plan = { context, taskId, work: this.#work, attempt, startMs, incident: this.#incident() }
    const end = recordTask(this.#recorder, plan)
    this.#usage(end.endMs, context, end.cpuSeconds)
    return end
  }

  #incident(): Incident | undefined {
    let draw = this.#recorder.random.next()
    return incidents.find(([, share]) => {
      draw -= share
      return draw < 0
    })?.[0]
  }

  /** A merged change for a third of what succeeds, now and then reverted. */
  #change(taskId: string): void {
    const { random } = this.#recorder
    if (random.next() > 0.33) return
    const facts = {
      ...this.#context,
      [attr.taskId]: taskId,
      [attr.changeId]: `${this.#team.teamId}#${random.below(1_000_000)}`,
      [attr.commitSha]: random.hex(40),
      [attr.changeTaskIds]: [taskId],
    }
    this.#recorder.event(event.changeMerged, this.#nowMs, facts)
    if (random.next() < 0.05) this.#recorder.event(event.changeReverted, this.#nowMs + 1000, facts)
  }

  #idle(ms: number): void {
    this.#usage(this.#nowMs + ms, this.#context, 0)
  }

  /** Intervals up to a time; a task's id is in the context when one runs. */
  #usage(endMs: number, context: Attributes, cpuSeconds: number): void {
    const totalMs = Math.max(endMs - this.#nowMs, 1)
    while (this.#nowMs < endMs) {
      const until = Math.min(this.#nowMs + INTERVAL_MS, endMs)
      const seconds = (until - this.#nowMs) / 1000
      this.#interval(until, context, (cpuSeconds * (until - this.#nowMs)) / totalMs, seconds)
      this.#nowMs = until
    }
  }

  #interval(endMs: number, context: Attributes, cpuSeconds: number, seconds: number): void {
    const { random } = this.#recorder
    this.#sequence += 1
    const taskId = context[attr.taskId]
    const busy = typeof taskId === 'string'
    const wait = busy ? seconds * 0.5 : 0
    this.#recorder.event(event.usageMeasured, endMs, {
      ...context,
      [attr.usageStart]: this.#nowMs,
      [attr.usageEnd]: endMs,
      [attr.usageSequence]: this.#sequence,
      [attr.usageQuality]: random.next() < 0.98 ? 'measured' : 'interpolated',
      [attr.usageTaskIds]: busy ? [taskId] : [],
      [attr.cpuTime]: Math.round(cpuSeconds * 1e6) / 1e6,
      [attr.egressSize]: busy ? random.below(500_000) : 0,
      [attr.memoryPeak]: Math.floor(GIB * 0.1 * (1 + 4 * random.next())),
      [attr.diskPeak]: Math.floor(1e9 * (1 + random.next())),
      [attr.timeCommand]: busy ? seconds - wait : 0,
      [attr.timeModelWait]: wait,
      [attr.timeIdle]: busy ? 0 : seconds,
    })
  }

  #lifecycle(state: string, ms: number, more: Attributes = {}): void {
    this.#recorder.event(event.lifecycleChanged, this.#nowMs, {
      ...this.#context,
      [attr.lifecycleState]: state,
      ...more,
    })
    this.#nowMs += ms
  }
}

function pickWeighted(random: Random): WorkClass {
  let draw = random.next() * workClasses.reduce((sum, { weight }) => sum + weight, 0)
  const found = workClasses.find(({ weight }) => {
    draw -= weight
    return draw < 0
  })
  return found ?? random.pick(workClasses)
}
