/**
 * Carries actions out beside the control loop: one at a time per target, a bounded number at once, each again with
 * growing patience until the governor has taken it. Every outcome becomes an event.
 */
import type { GovernorReply } from '@sandglass/schemas/governor'
import type { Action, Ruling } from '../plan.ts'
import { GovernorCallError, type GovernorClient } from './governor-client.ts'

export interface Outcome {
  readonly action: Action
  readonly result: 'applied' | 'already' | 'failed'
  readonly snapshotId: string | undefined
  readonly error: { readonly type: string; readonly message: string } | undefined
}

export interface RunnerOptions {
  readonly client: GovernorClient
  readonly callsMax: number
  readonly now: () => number
  /** Takes every outcome worth a record: each effect, each failure when it is new. */
  readonly onOutcome: (outcome: Outcome) => void
  /** The governor has seen a newer episode of the subject. */
  readonly onStale: (ruling: Ruling, episode: number) => void
}

export interface Runner {
  /** Starts what is not under way and not waiting to be tried again. Returns how many it started. */
  start(actions: readonly Action[]): number
  /** Sandboxes that something is under way for. */
  readonly busy: ReadonlySet<string>
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
}

const RETRY_MS_FIRST = 1000
const RETRY_MS_MAX = 60_000
/** The database shows an effect a little later than the governor; until then it is not asked for again. */
const REPEAT_MS = 30_000
/** What no retry will change soon. */
const RETRY_MS_REFUSED = 10 * 60_000
const HOPELESS: ReadonlySet<string> = new Set(['shape_not_gated', 'invalid', 'unknown_route'])
/** Attempts remembered. */
const ATTEMPTS_MAX = 10_000

interface Attempt {
  readonly failures: number
  readonly notBeforeMs: number
  /** Result, or the type of the error. */
  readonly last: string
}

export function createRunner(options: RunnerOptions): Runner {
  const busy = new Map<string, Promise<void>>()
  const attempts = new Map<string, Attempt>()

  const run = async (action: Action): Promise<void> => {
    const outcome = await carryOut(options.client, action, options.onStale)
    const id = attemptId(action)
    const before = attempts.get(id)
    attempts.delete(id)
    attempts.set(id, nextAttempt(before, outcome, options.now()))
    if (attempts.size > ATTEMPTS_MAX) attempts.delete(attempts.keys().next().value ?? '')
    if (isNews(before, outcome)) options.onOutcome(outcome)
  }
  const isReady = (action: Action): boolean =>
    !busy.has(targetOf(action)) && options.now() >= (attempts.get(attemptId(action))?.notBeforeMs ?? 0)

  return {
    start(actions) {
      let started = 0
      for (const action of actions) {
        if (busy.size >= options.callsMax) break
        if (!isReady(action)) continue
        const target = targetOf(action)
        busy.set(
          target,
          run(action).finally(() => void busy.delete(target)),
        )
        started++
      }
      return started
    },
    get busy() {
      return new Set(busy.keys())
    },
    async idle() {
      while (busy.size > 0) await Promise.all(busy.values())
    },
  }
}

/** What an action acts on: a sandbox, or the verdict of a subject. */
export function targetOf(action: Action): string {
  return action.kind === 'set_verdict'
    ? `${action.request.budget} ${action.request.window} ${action.request.scope}`
    : action.request.sandboxId
}

const attemptId = (action: Action): string => `${action.kind} ${targetOf(action)} ${action.request.key}`

function nextAttempt(before: Attempt | undefined, outcome: Outcome, nowMs: number): Attempt {
  if (outcome.error === undefined)
    return { failures: 0, notBeforeMs: nowMs + REPEAT_MS, last: outcome.result }
  const failures = (before?.failures ?? 0) + 1
  const { type } = outcome.error
  const delayMs = HOPELESS.has(type)
    ? RETRY_MS_REFUSED
    : Math.min(RETRY_MS_FIRST * 2 ** (failures - 1), RETRY_MS_MAX)
  return { failures, notBeforeMs: nowMs + delayMs, last: type }
}

/** An effect is always news; that nothing was left to do, or failed as before, is news once. */
function isNews(before: Attempt | undefined, { result, error }: Outcome): boolean {
  if (result === 'applied') return true
  if (result === 'already') return before === undefined || before.failures > 0
  return before?.last !== error?.type
}

async function carryOut(
  client: GovernorClient,
  action: Action,
  onStale: RunnerOptions['onStale'],
): Promise<Outcome> {
  try {
    return toOutcome(action, await call(client, action), onStale)
  } catch (error) {
    const type = error instanceof GovernorCallError ? error.code : 'internal'
    return failure(action, type, error instanceof Error ? error.message : String(error))
  }
}

async function call(client: GovernorClient, action: Action): Promise<GovernorReply> {
  if (action.kind === 'set_verdict') return client.setVerdict(action.request)
  return action.kind === 'suspend' ? client.suspend(action.request) : client.resume(action.request)
}

function toOutcome(action: Action, reply: GovernorReply, onStale: RunnerOptions['onStale']): Outcome {
  if (reply.result === 'stale') {
    onStale(action.ruling, reply.episode ?? action.request.episode)
    return failure(action, 'stale_episode', `the governor has episode ${reply.episode ?? 'newer'} in force`)
  }
  if (reply.result === 'failed') return failure(action, 'sandbox', reply.error ?? 'the sandbox gave no cause')
  return { action, result: reply.result, snapshotId: reply.snapshot?.id, error: undefined }
}

const failure = (action: Action, type: string, message: string): Outcome => ({
  action,
  result: 'failed',
  snapshotId: undefined,
  error: { type, message },
})
