/** Suspending a sandbox: refuse, end its commands, back up and verify, stop. Each step is durable before the next. */
import {
  IDLE_BUDGET,
  type GovernorReply,
  type Snapshot,
  type SuspendRequest,
} from '@sandglass/schemas/governor'
import { attr, event } from '@sandglass/schemas/semconv'
import type { GateState } from '@sandglass/schemas/governor/state'
import { newerEpisode, reply, subjectOf, withHold, withSnapshot } from './gate-state.ts'
import { errorTypeOf, messageOf, type SandboxParts } from './sandbox-parts.ts'

/** Idempotent. A failed backup leaves the sandbox refusing and interrupted but up, so that no work is lost. */
export async function suspendSandbox(parts: SandboxParts, request: SuspendRequest): Promise<GovernorReply> {
  const before = parts.store.state
  const newer = newerEpisode(before, request)
  if (newer !== undefined) return reply('stale', before, { episode: newer })
  if (request.budget === IDLE_BUDGET && parts.processes.size > 0)
    return reply('failed', before, { error: `not idle: ${parts.processes.size} commands are running` })
  const known = before.holds[subjectOf(request)]?.key === request.key
  await parts.store.save(withHold(before, request, parts.now()))
  if (before.phase === 'suspended' && !parts.container.running)
    return reply(known ? 'already' : 'applied', parts.store.state)
  await endCommands(parts, request)
  const fault = holdsWork(parts, before) ? await keepWorkspace(parts, request) : undefined
  return fault === undefined ? stop(parts, request) : block(parts, fault)
}

async function endCommands(parts: SandboxParts, request: SuspendRequest): Promise<void> {
  if (request.mode === 'drain' && (await parts.processes.drained(request.drainMs))) return
  await parts.processes.interrupt()
}

/** Whether the container's workspace is newer than the last backup: not when it was woken behind the gate's back. */
function holdsWork(parts: SandboxParts, before: GateState): boolean {
  return parts.container.running && before.phase !== 'suspended' && !before.restorePending
}

/** Backs up and verifies; returns what failed. */
async function keepWorkspace(parts: SandboxParts, request: SuspendRequest): Promise<unknown> {
  const startedMs = parts.now()
  const old = parts.store.state.snapshot
  try {
    const snapshot = await createVerified(parts, request)
    await parts.store.save({ ...withSnapshot(parts.store.state, snapshot), restorePending: true })
    emitCreated(parts, snapshot, startedMs)
    if (old !== undefined) await parts.backup.discard(old)
    return undefined
  } catch (error) {
    emitFailed(parts, error, startedMs)
    return error
  }
}

/** One that is of no use is not kept: the next attempt makes another. */
async function createVerified(parts: SandboxParts, request: SuspendRequest): Promise<Snapshot> {
  const snapshot = await parts.backup.create()
  try {
    await parts.backup.verify(snapshot)
    assertOutlives(snapshot, request.keepUntilMs)
    return snapshot
  } catch (error) {
    await parts.backup.discard(snapshot).catch(() => undefined)
    throw error
  }
}

function assertOutlives(snapshot: Snapshot, keepUntilMs: number): void {
  if (snapshot.expiresAtMs === undefined || snapshot.expiresAtMs >= keepUntilMs) return
  throw new RangeError(
    `backup ${snapshot.id} expires at ${new Date(snapshot.expiresAtMs).toISOString()}, before ` +
      `${new Date(keepUntilMs).toISOString()}: give the backups a longer life`,
  )
}

async function stop(parts: SandboxParts, request: SuspendRequest): Promise<GovernorReply> {
  await endContainer(parts, `suspended by budget ${request.budget}`)
  await parts.store.save({ ...parts.store.state, phase: 'suspended' })
  const { snapshot } = parts.store.state
  parts.emit(event.lifecycleChanged, {
    [attr.sandboxId]: parts.sandboxId,
    [attr.lifecycleState]: 'suspended',
    [attr.lifecycleCause]: request.budget === IDLE_BUDGET ? 'idle' : 'budget',
    [attr.reason]: request.reason,
    [attr.decisionId]: request.decisionId,
    ...(snapshot === undefined ? {} : { [attr.snapshotId]: snapshot.id }),
  })
  return reply('applied', parts.store.state)
}

/** `monitor` rejects with the reason of `destroy`; either way the container has ended. */
async function endContainer({ container }: SandboxParts, reason: string): Promise<void> {
  if (!container.running) return
  const ended = container.monitor().catch(() => undefined)
  await container.destroy(reason)
  await ended
}

async function block(parts: SandboxParts, fault: unknown): Promise<GovernorReply> {
  await parts.store.save({ ...parts.store.state, phase: 'blocked' })
  return reply('failed', parts.store.state, { error: `backup: ${messageOf(fault)}` })
}

function emitCreated(parts: SandboxParts, snapshot: Snapshot, startedMs: number): void {
  parts.emit(event.snapshotCreated, {
    [attr.sandboxId]: parts.sandboxId,
    [attr.snapshotId]: snapshot.id,
    [attr.snapshotSize]: snapshot.sizeBytes,
    [attr.snapshotDuration]: (parts.now() - startedMs) / 1000,
    [attr.snapshotOutcome]: 'success',
    ...(snapshot.expiresAtMs === undefined ? {} : { [attr.snapshotExpiresAt]: snapshot.expiresAtMs }),
  })
}

function emitFailed(parts: SandboxParts, error: unknown, startedMs: number): void {
  parts.emit(event.snapshotCreated, {
    [attr.sandboxId]: parts.sandboxId,
    [attr.snapshotId]: '',
    [attr.snapshotDuration]: (parts.now() - startedMs) / 1000,
    [attr.snapshotOutcome]: 'failure',
    [attr.errorType]: errorTypeOf(error),
  })
}
