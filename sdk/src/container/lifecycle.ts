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
  /** What `monitor()` said. */
  exited(error?: unknown): void
  destroyed(): void
}

const MS_PER_S = 1_000

export function createLifecycle(instrument: Instrument, where: () => Where): Lifecycle {
  let state: State | undefined
  let startedAtMs = 0

  function change(next: State, cause?: Cause, more: Record<string, string | number | undefined> = {}): void {
    if (state === next) return
    state = next
    emitEvent(instrument, instrument.scopes.getStore(), where(), event.lifecycleChanged, {
      [attr.lifecycleState]: next,
      [attr.lifecycleCause]: cause,
      ...more,
    })
  }

  return {
    starting() {
      startedAtMs = instrument.clock.now()
      change('starting')
    },
    ready() {
      if (state !== 'starting') return
      const duration = (instrument.clock.now() - startedAtMs) / MS_PER_S
      change('started', undefined, { [attr.startupDuration]: duration })
    },
    exited(error) {
      if (state === 'destroyed') return
      if (error === undefined) return change('stopped', 'exit', { [attr.exitCode]: 0 })
      const exitCode = readNumber(error, 'exitCode')
      change('failed', 'error', { [attr.exitCode]: exitCode, [attr.errorType]: describeError(error).type })
    },
    destroyed: () => change('destroyed', 'operator'),
  }
}
