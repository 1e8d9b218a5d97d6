/** One task of an agent: prompts, tool calls, commands, and what became of them. */
import { attr, event } from '@sandglass/schemas/semconv'
import type { Attributes } from '@sandglass/schemas/testing/rows'
import { models } from './fleet.ts'
import type { Recorder } from './recorder.ts'
import { ID_DIGITS, round, Scene, type TaskPlan } from './scene.ts'
import { recordCall } from './tool-call.ts'
import { recordTrouble } from './trouble.ts'

export interface TaskEnd {
  readonly endMs: number
  readonly outcome: string
  readonly cpuSeconds: number
}

const HEARTBEAT_MS = 30_000

export function recordTask(recorder: Recorder, plan: TaskPlan): TaskEnd {
  const scene = new Scene(recorder, plan)
  recordStart(scene)
  const turns = plan.work.turnsMin + recorder.random.below(plan.work.turnsMore)
  for (let turn = 0; turn < turns; turn += 1) recordTurn(scene, turn)
  recordTrouble(scene)
  return recordFinish(scene)
}

function recordStart(scene: Scene): void {
  scene.recorder.event(event.taskStarted, scene.nowMs, {
    ...scene.plan.context,
    [attr.taskQueueDuration]: round(scene.recorder.random.next()),
    [attr.taskHeartbeatTtl]: 90,
  })
}

/** A prompt, the call it asks for, and the commands of that call. */
function recordTurn(scene: Scene, index: number): void {
  const promptId = `prm_${scene.recorder.random.hex(ID_DIGITS)}`
  const context = { ...scene.plan.context, [attr.promptId]: promptId }
  const chat = recordChat(scene, context, index)
  const calls = scene.recorder.random.next() < 0.25 ? 2 : 1
  for (let call = 0; call < calls; call += 1) recordCall(scene, context, chat)
}

function recordChat(scene: Scene, context: Attributes, index: number): string {
  const { model } = scene.plan.work
  const { seconds, output } = models[model] ?? { seconds: 5, output: 500 }
  const durationMs = Math.round(seconds * 1000 * (0.4 + 1.6 * scene.recorder.random.next()))
  const input = 1500 + index * 2500 + scene.recorder.random.below(2000)
  const usage = {
    [attr.providerName]: 'anthropic',
    [attr.requestModel]: model,
    [attr.responseId]: `resp_${scene.recorder.random.hex(ID_DIGITS)}`,
    [attr.inputTokens]: input,
    [attr.cachedInputTokens]: index === 0 ? 0 : Math.floor(input * 0.8),
    [attr.outputTokens]: Math.floor(output * (0.3 + 1.4 * scene.recorder.random.next())),
  }
  const span = scene.recorder.span({
    name: `chat ${model}`,
    startMs: scene.nowMs,
    durationMs,
    parentSpanId: scene.rootSpanId,
    attributes: {
      ...context,
      ...usage,
      [attr.operationName]: 'chat',
      [attr.promptHash]: scene.recorder.random.hex(64),
      [attr.promptSource]: index === 0 ? 'user' : 'tool_result',
    },
  })
  scene.pass(durationMs)
  scene.recorder.event(
    event.inferenceMeasured,
    scene.nowMs,
    { ...context, ...usage, [attr.chargeSource]: 'provider' },
    span,
  )
  return span
}

function recordFinish(scene: Scene): TaskEnd {
  const { context, work, startMs, incident } = scene.plan
  const draw = scene.recorder.random.next()
  const outcome = incident === 'runaway' ? 'cancelled' : draw < work.successShare ? 'success' : 'failure'
  recordHeartbeats(scene)
  // One task in two hundred is never heard of again.
  if (draw < 0.995) {
    scene.recorder.event(event.taskFinished, scene.nowMs, {
      ...context,
      [attr.taskOutcome]: outcome,
      [attr.taskOutcomeSource]: 'test',
      [attr.taskDuration]: (scene.nowMs - startMs) / 1000,
    })
  }
  scene.recorder.span(
    {
      name: `invoke_agent ${work.agentName}`,
      startMs,
      durationMs: scene.nowMs - startMs,
      status: outcome === 'success' ? 'Unset' : 'Error',
      attributes: { ...context, [attr.operationName]: 'invoke_agent', [attr.taskOutcome]: outcome },
    },
    scene.rootSpanId,
  )
  return { endMs: scene.nowMs, outcome, cpuSeconds: scene.cpuSeconds }
}

function recordHeartbeats(scene: Scene): void {
  for (let at = scene.plan.startMs + HEARTBEAT_MS; at < scene.nowMs; at += HEARTBEAT_MS) {
    scene.recorder.event(event.taskHeartbeat, at, { ...scene.plan.context, [attr.taskHeartbeatTtl]: 90 })
  }
}
