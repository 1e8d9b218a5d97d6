/** One tool call: its span, the commands it runs, the files they change, and now and then a call inside it. */
import { attr, event } from '@sandglass/schemas/semconv'
import type { Attributes } from '@sandglass/schemas/testing/rows'
import { commands, tools } from './fleet.ts'
import { ID_DIGITS, round, type Scene } from './scene.ts'

/** CPU of a task that ran away, against a common one. */
const RUNAWAY_FACTOR = 30
const FAILED_COMMAND_SHARE = 0.12
const WRITES_SHARE = 0.4

export function recordCall(scene: Scene, promptContext: Attributes, chat: string): void {
  const tool = scene.recorder.random.pick(tools)
  const callId = `call_${scene.recorder.random.hex(ID_DIGITS)}`
  const span = scene.recorder.newSpanId()
  const context = { ...promptContext, [attr.toolName]: tool, [attr.toolCallId]: callId }
  const startMs = scene.nowMs
  const count = 1 + scene.recorder.random.below(3)
  let failed = false
  for (let n = 0; n < count; n += 1) failed = recordCommand(scene, context, span) || failed
  if (scene.recorder.random.next() < 0.3) recordRead(scene, context, span)
  if (scene.recorder.random.next() < 0.2) recordNested(scene, promptContext, context, span)
  scene.recorder.span(
    {
      name: `execute_tool ${tool}`,
      startMs,
      durationMs: scene.nowMs - startMs,
      parentSpanId: scene.rootSpanId,
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

function recordNested(
  scene: Scene,
  promptContext: Attributes,
  parent: Attributes,
  parentSpanId: string,
): void {
  const tool = scene.recorder.random.pick(tools)
  const context = {
    ...promptContext,
    [attr.toolName]: tool,
    [attr.toolCallId]: `call_${scene.recorder.random.hex(ID_DIGITS)}`,
    [attr.toolParentName]: parent[attr.toolName],
    [attr.toolParentCallId]: parent[attr.toolCallId],
  }
  const span = scene.recorder.newSpanId()
  const startMs = scene.nowMs
  const failed = recordCommand(scene, context, span)
  scene.recorder.span(
    {
      name: `execute_tool ${tool}`,
      startMs,
      durationMs: scene.nowMs - startMs,
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
function recordCommand(scene: Scene, context: Attributes, parentSpanId: string): boolean {
  const command = scene.recorder.random.pick(commands)
  const file = pickFile(scene)
  const line = command.line.replace('{file}', file)
  const durationMs = Math.round(20 + command.secondsMax * 1000 * scene.recorder.random.next() ** 2)
  const cpu = round(
    (durationMs / 1000) *
      0.8 *
      scene.recorder.random.next() *
      (scene.plan.incident === 'runaway' ? RUNAWAY_FACTOR : 1),
  )
  const failed = scene.recorder.random.next() < FAILED_COMMAND_SHARE
  const facts = { ...context, [attr.operation]: 'exec', [attr.commandLine]: line }
  scene.recorder.event(event.policyEvaluated, scene.nowMs, {
    ...facts,
    [attr.policyId]: 'default',
    [attr.policyVersion]: '7',
    [attr.policyRule]: `tier-${scene.plan.work.tier.toLowerCase()}-commands`,
    [attr.policyVerdict]: 'allow',
    [attr.policyAction]: 'allowed',
    [attr.policySubjectKind]: 'command',
    [attr.policySubject]: line,
  })
  const span = scene.recorder.span({
    name: command.executable,
    startMs: scene.nowMs,
    durationMs,
    parentSpanId,
    status: failed ? 'Error' : 'Unset',
    attributes: {
      ...facts,
      [attr.executableName]: command.executable,
      [attr.workingDirectory]: '/workspace',
      [attr.exitCode]: failed ? 1 : 0,
      [attr.pid]: 100 + scene.recorder.random.below(30_000),
      [attr.cpuTime]: cpu,
      [attr.stdoutSize]: scene.recorder.random.below(20_000),
      [attr.stderrSize]: failed ? scene.recorder.random.below(2000) : 0,
    },
  })
  scene.cpuSeconds += cpu
  scene.pass(durationMs)
  if (command.writes && scene.recorder.random.next() < WRITES_SHARE)
    recordWrite(scene, facts, span, `/workspace/src/${file}`, 'code')
  return failed
}

function recordRead(scene: Scene, context: Attributes, parentSpanId: string): void {
  scene.recorder.span({
    name: 'sandbox.file.read',
    startMs: scene.nowMs,
    durationMs: 2 + scene.recorder.random.below(20),
    parentSpanId,
    attributes: {
      ...context,
      [attr.operation]: 'file.read',
      [attr.filePath]: `/workspace/src/${pickFile(scene)}`,
    },
  })
}

export function recordWrite(
  scene: Scene,
  context: Attributes,
  spanId: string,
  path: string,
  category: string,
): void {
  scene.recorder.event(
    event.fileMutated,
    scene.nowMs,
    {
      ...context,
      [attr.filePath]: path,
      [attr.fileOperation]: 'modify',
      [attr.fileSource]: 'exec',
      [attr.fileAttribution]: 'exact',
      [attr.fileCategory]: category,
      [attr.fileSize]: scene.recorder.random.below(20_000),
      [attr.fileSha256After]: scene.recorder.random.hex(64),
    },
    spanId,
  )
}

function pickFile(scene: Scene): string {
  return `module-${scene.recorder.random.below(40)}.ts`
}
