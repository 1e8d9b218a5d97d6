/** Resuming a sandbox: release the hold, start, restore, verify. A workspace that cannot be restored is never replaced by an empty one. */
import type { GovernorReply, ResumeRequest, Snapshot } from '@sandglass/schemas/governor'
import { attr, event } from '@sandglass/schemas/semconv'
import { newerEpisode, reply, subjectOf, withRelease } from './gate-state.ts'
import { errorTypeOf, messageOf, type SandboxParts } from './sandbox-parts.ts'

/** Time a container has to answer its first command. */
const START_TIMEOUT_MS = 60_000
const START_POLL_MS = 50

type Stage = 'start' | 'restore' | 'verify'

/** The workspace could not be brought back; the sandbox refuses commands until it is. */
export class SandglassRestoreError extends Error {
  override readonly name = 'SandglassRestoreError'
  readonly code = 'SANDGLASS_RESTORE_FAILED'
  readonly stage: Stage

  constructor(stage: Stage, snapshot: Snapshot | undefined, cause: unknown) {
    const what = snapshot === undefined ? 'the sandbox' : `workspace ${snapshot.id}`
    super(`resuming ${what} failed at ${stage}: ${messageOf(cause)}`, { cause })
    this.stage = stage
  }
}

/** Idempotent: a repeated resume that had failed tries again. */
export async function resumeSandbox(parts: SandboxParts, request: ResumeRequest): Promise<GovernorReply> {
  const before = parts.store.state
  const again = before.released[subjectOf(request)]?.key === request.key
  const newer = again ? undefined : newerEpisode(before, request)
  if (newer !== undefined) return reply('stale', before, { episode: newer })
  const released = again ? before : withRelease(before, request)
  await parts.store.save(released)
  if (Object.keys(released.holds).length > 0) return reply('applied', released)
  if (released.phase === 'awake' && !(request.wake && released.restorePending))
    return reply('already', released)
  return wakeUp(parts, request)
}

async function wakeUp(parts: SandboxParts, request: ResumeRequest): Promise<GovernorReply> {
  const startedMs = parts.now()
  await parts.store.save({ ...parts.store.state, phase: 'resuming' })
  try {
    if (request.wake) await startAndRestore(parts)
  } catch (error) {
    return reply('failed', parts.store.state, { error: messageOf(error) })
  }
  const { heldSinceMs: _, ...state } = parts.store.state
  await parts.store.save({ ...state, phase: 'awake' })
  parts.emit(event.lifecycleChanged, {
    [attr.sandboxId]: parts.sandboxId,
    // Without waking it is free to start, and stands still until somebody does.
    [attr.lifecycleState]: parts.container.running ? 'resumed' : 'stopped',
    [attr.lifecycleCause]: request.actor === '' ? 'budget' : 'operator',
    [attr.startupDuration]: (parts.now() - startedMs) / 1000,
    [attr.reason]: request.reason,
    [attr.decisionId]: request.decisionId,
    ...(request.actor === '' ? {} : { [attr.actorId]: request.actor }),
    ...(request.ticket === '' ? {} : { [attr.ticket]: request.ticket }),
  })
  return reply('applied', parts.store.state)
}

async function startAndRestore(parts: SandboxParts): Promise<void> {
  if (!parts.container.running) {
    try {
      parts.start()
    } catch (error) {
      throw new SandglassRestoreError('start', parts.store.state.snapshot, error)
    }
  }
  await restoreWorkspace(parts)
}

/** Brings the workspace back into the running container, once. Throws SandglassRestoreError. */
export async function restoreWorkspace(parts: SandboxParts): Promise<void> {
  const { snapshot, restorePending } = parts.store.state
  if (!restorePending || snapshot === undefined) return
  const startedMs = parts.now()
  const attempt = `res_${crypto.randomUUID()}`
  const stages: readonly (readonly [Stage, () => Promise<void>])[] = [
    ['start', async () => untilReady(parts)],
    ['restore', async () => parts.backup.restore(snapshot)],
    ['verify', async () => parts.backup.verifyRestored(snapshot)],
  ]
  for (const [stage, run] of stages) {
    try {
      await run()
    } catch (error) {
      emitRestored(parts, snapshot, attempt, startedMs, { stage, error })
      throw new SandglassRestoreError(stage, snapshot, error)
    }
  }
  await parts.store.save({ ...parts.store.state, restorePending: false })
  emitRestored(parts, snapshot, attempt, startedMs, undefined)
}

async function untilReady(parts: SandboxParts): Promise<void> {
  const deadlineMs = parts.now() + START_TIMEOUT_MS
  for (;;) {
    try {
      const probe = await parts.container.exec(['true'], { stdout: 'ignore', stderr: 'ignore' })
      await probe.exitCode
      return
    } catch (error) {
      if (parts.now() >= deadlineMs) throw error
      await new Promise((resolve) => void setTimeout(resolve, START_POLL_MS))
    }
  }
}

function emitRestored(
  parts: SandboxParts,
  snapshot: Snapshot,
  attempt: string,
  startedMs: number,
  failure: { readonly stage: Stage; readonly error: unknown } | undefined,
): void {
  parts.emit(event.snapshotRestored, {
    [attr.sandboxId]: parts.sandboxId,
    [attr.snapshotId]: snapshot.id,
    [attr.snapshotSize]: snapshot.sizeBytes,
    [attr.snapshotDuration]: (parts.now() - startedMs) / 1000,
    [attr.snapshotOutcome]: failure === undefined ? 'success' : 'failure',
    [attr.resumeAttemptId]: attempt,
    ...(failure === undefined
      ? {}
      : { [attr.resumeStage]: failure.stage, [attr.errorType]: errorTypeOf(failure.error) }),
  })
}
