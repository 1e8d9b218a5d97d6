/**
 * Asked before an operation that starts, wakes or uses the sandbox. Throws to refuse: what it throws reaches the
 * caller as it is. Synchronous, so that the order of operations stays the host's.
 */
export type Gate = (operation: string) => void

/** Which sandbox a container is, and how it is watched. */
export interface SandboxSpec {
  /** Id of the Durable Object: `ctx.id.toString()`. */
  readonly sandboxId: string
  /** The name it was asked for by. */
  readonly sandboxName?: string | undefined
  /** Billed size, `lite` to `standard-4`; memory and disk are metered by it. */
  readonly instanceType?: string | undefined
  /** Directories scanned after each command for changed files. A command that follows at once waits ≤ 250 ms for it. */
  readonly watch?: readonly string[] | undefined
  readonly gate?: Gate | undefined
  /** Milliseconds between usage intervals; 15 000 when absent, 0 turns the meter off. */
  readonly meterIntervalMs?: number | undefined
}

/** What Sandglass knows of a wrapped container. */
export interface Sandbox {
  readonly id: string
  /** Counts container starts, from 1; 0 before the first. */
  readonly generation: number
  /** Ends the current usage interval now. Rejects never. */
  measure(): Promise<void>
  /** Sets the meter's interval, e.g. to 1000 near a limit. */
  setMeterInterval(intervalMs: number): void
  /** Stops meter and timers, after a last interval. */
  close(): Promise<void>
}
