import { attr } from '@sandglass/schemas/semconv'
import type { Facts } from '../facts.ts'
import type { Guard } from '../guard.ts'
import type { Clock } from '../ports.ts'

export type StreamName = 'stdout' | 'stderr'

/** How a process ended, as far as its wrapper saw. */
export interface ProcessEnd {
  readonly facts: Facts
  /** What rejected its exit code, when nothing could be known of how it ended. */
  readonly error?: unknown
  readonly exitCode: number | undefined
}

/** What may be read of a process: two streams, or everything at once. */
export type Part = StreamName | 'output'

/** What is known of a process so far; tells its end once. */
export interface ProcessLedger {
  opened(part: Part): void
  read(stream: StreamName, bytes: number): void
  ended(part: Part): void
  /** A stream was cancelled: how the process ends may stay unknown, which is no failure. */
  cancelled(stream: StreamName): void
  killed(signal: number): void
  exited(exit: Exit): void
}

interface Exit {
  readonly code?: number
  readonly error?: unknown
}

/** After a process exited, a stream that a reader still holds delays its end this long at most, milliseconds. */
const STREAM_GRACE_MS = 10_000

export function createProcessLedger(
  { guard, clock }: { readonly guard: Guard; readonly clock: Clock },
  listeners: { readonly onExit: () => void; readonly onEnd: (end: ProcessEnd) => void },
  isHeld: (part: Part) => boolean,
): ProcessLedger {
  const sizes: Partial<Record<StreamName, number>> = {}
  const reading = new Set<Part>()
  let signal: number | undefined
  let exit: Exit | undefined
  let wasCancelled = false
  let isTold = false
  let cancelGrace: (() => void) | undefined

  function tell(): void {
    if (isTold || exit === undefined) return
    isTold = true
    cancelGrace?.()
    const facts: Facts = {
      [attr.exitCode]: exit.code,
      [attr.stdoutSize]: sizes.stdout,
      [attr.stderrSize]: sizes.stderr,
      [attr.killSignal]: signal,
    }
    const end = { facts, error: wasCancelled ? undefined : exit.error, exitCode: exit.code }
    guard(() => listeners.onEnd(end))
  }

  /** A stream read half-way and let go of is abandoned: nobody waits for its end. */
  function tellIfDone(): void {
    if (![...reading].some(isHeld)) tell()
  }

  function ended(part: Part): void {
    reading.delete(part)
    tellIfDone()
  }

  function exited(known: Exit): void {
    if (exit !== undefined) return
    exit = known
    guard(listeners.onExit)
    tellIfDone()
    if (!isTold && !reading.has('output')) cancelGrace = clock.schedule(tell, STREAM_GRACE_MS)
  }

  return {
    opened: (part) => void reading.add(part),
    read(stream, bytes) {
      if (!reading.has('output')) reading.add(stream)
      sizes[stream] = (sizes[stream] ?? 0) + bytes
    },
    ended,
    cancelled(stream) {
      wasCancelled = true
      ended(stream)
    },
    killed(by) {
      signal = by
    },
    exited,
  }
}
