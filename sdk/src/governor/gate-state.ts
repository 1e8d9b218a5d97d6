/** The pure rules by which the state of a gate changes. */
import type {
  GovernorReply,
  Hold,
  ResumeRequest,
  Snapshot,
  SuspendRequest,
} from '@sandglass/schemas/governor'
import type { GateState } from '@sandglass/schemas/governor/state'

export const awakeState: GateState = { phase: 'awake', holds: {}, released: {}, restorePending: false }

/** Releases remembered; the oldest are forgotten first. */
const RELEASES_MAX = 100

interface Decided {
  readonly budget: string
  readonly window: string
  readonly scope: string
  readonly episode: number
}

export function subjectOf(decided: Decided): string {
  return `${decided.budget} ${decided.window} ${decided.scope}`
}

/** The episode in force for this subject when it is newer than the request's; then the request is stale. */
export function newerEpisode(state: GateState, request: Decided): number | undefined {
  const subject = subjectOf(request)
  const held = state.holds[subject]?.episode ?? -1
  const released = state.released[subject]?.episode ?? -1
  if (held > request.episode) return held
  return released >= request.episode ? released : undefined
}

export function withHold(state: GateState, request: SuspendRequest, nowMs: number): GateState {
  const { sandboxId: _, mode: _mode, drainMs: _drainMs, keepUntilMs: _keepUntilMs, ...hold } = request
  return {
    ...state,
    phase: state.phase === 'suspended' ? 'suspended' : 'suspending',
    holds: { ...state.holds, [subjectOf(request)]: hold },
    heldSinceMs: state.heldSinceMs ?? nowMs,
  }
}

export function withRelease(state: GateState, request: ResumeRequest): GateState {
  const subject = subjectOf(request)
  const { [subject]: _, ...holds } = state.holds
  const { [subject]: _older, ...others } = state.released
  const kept = Object.entries(others).slice(-(RELEASES_MAX - 1))
  const released = Object.fromEntries([
    ...kept,
    [subject, { episode: request.episode, key: request.key }] as const,
  ])
  return { ...state, holds, released }
}

export function withSnapshot(state: GateState, snapshot: Snapshot): GateState {
  return { ...state, snapshot }
}

/** The hold a refusal names: the latest decided. */
export function strongestHold(state: GateState): Hold | undefined {
  return Object.values(state.holds).toSorted((a, b) => b.decidedAtMs - a.decidedAtMs)[0]
}

export function reply(
  result: GovernorReply['result'],
  state: GateState,
  extra: { readonly error?: string; readonly episode?: number } = {},
): GovernorReply {
  const snapshot = state.snapshot === undefined ? {} : { snapshot: state.snapshot }
  return { result, phase: state.phase, holds: Object.values(state.holds), ...snapshot, ...extra }
}
