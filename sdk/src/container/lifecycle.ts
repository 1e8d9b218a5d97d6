import { attr, event, values } from '@sandglass/schemas/semconv'
import { describeError } from '../describe-error.ts'
import { emitEvent, type Instrument, type Where } from '../instrument.ts'
import { readNumber } from '../operations/read.ts'

type State = (typeof values)[typeof attr.lifecycleState][number]
type Cause = (typeof values)[typeof attr.lifecycleCause][number]

/** Tells each change of a sandbox's state once. */
export interface Lifecycle {
  starting(): void
  /** The container answered for the first time since it started. */
  ready(): void
  /** For what `monitor()` says of the container that runs now: of an earlier one it changes nothing. */
  watchExit(): (error?: unknown) => void
  /** What its next exit means, when this side brings it about. */
  expect(state: State, cause: Cause): void
  /** It is being destroyed: that it exits meanwhile is no failure. */
  destroying(): void
  destroyed(): void
  /** Destroying failed. */
  spared(): void
}

const MS_PER_S = 1_000

export function createLifecycle(instrument: Instrument, where: () => Where): Lifecycle {
  let state: State | undefined
  let startedAtMs = 0
  let starts = 0
  let isEnding = false
  let expected: { readonly state: State; readonly cause: Cause } | undefined
  /** How it exited while it was being destroyed. */
  let held: { readonly error: unknown } | undefined

  function change(next: State, cause?: Cause, more: Record<string, string | number | undefined> = {}): void {
    if (state === next) return
    state = next
    emitEvent(instrument, instrument.scopes.getStore(), where(), event.lifecycleChanged, {
      [attr.lifecycleState]: next,
      [attr.lifecycleCause]: cause,
      ...more,
    })
  }

  function exited(error: unknown): void {
    if (state === 'destroyed') return
    if (isEnding) return void (held = { error })
    const exitCode = error === undefined ? 0 : readNumber(error, 'exitCode')
    if (expected !== undefined) return change(expected.state, expected.cause, { [attr.exitCode]: exitCode })
    if (error === undefined) return change('stopped', 'exit', { [attr.exitCode]: exitCode })
    change('failed', 'error', { [attr.exitCode]: exitCode, [attr.errorType]: describeError(error).type })
  }

  return {
    starting() {
      startedAtMs = instrument.clock.now()
      starts++
      expected = undefined
      change('starting')
    },
    ready() {
      if (state !== 'starting') return
      const duration = (instrument.clock.now() - startedAtMs) / MS_PER_S
      change('started', undefined, { [attr.startupDuration]: duration })
    },
    watchExit() {
      const start = starts
      return (error) => {
        if (start === starts) exited(error)
      }
    },
    expect(next, cause) {
      expected = { state: next, cause }
    },
    destroying() {
      isEnding = true
      held = undefined
    },
    destroyed() {
      isEnding = false
      change('destroyed', 'operator')
    },
    spared() {
      isEnding = false
      if (held !== undefined) exited(held.error)
    },
  }
}
