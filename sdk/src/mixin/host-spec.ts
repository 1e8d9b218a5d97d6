import type { Gate } from '../container/sandbox-spec.ts'
import type { StateStore } from '../ports.ts'
import type { Sandglass } from '../sandglass.ts'

/** What a Durable Object gives its class. */
export interface HostContext {
  readonly id: { toString(): string; readonly name?: string | undefined }
  readonly container?: object | undefined
  readonly storage: StateStore
}

/** How a class that drives a container is watched. */
export interface HostSpec {
  /** The object's own instrument, kept for its life: give it `state: ctx.storage` and `waitUntil`. */
  readonly sandglass: Sandglass
  readonly sandboxName?: string | undefined
  /** Billed size, `lite` to `standard-4`; memory and disk are metered by it. */
  readonly instanceType?: string | undefined
  /** Milliseconds between usage intervals; 15 000 when absent, 0 turns the meter off. */
  readonly meterIntervalMs?: number | undefined
  /** Asked before the container is started and before each request to it, so before every operation that wakes it. */
  readonly gate?: Gate | undefined
  /** Labels of each container that starts, for the provider's billing data, where the class sets none of these. */
  readonly labels?: Readonly<Record<string, string>> | undefined
}

/** Asked once for each object, in its constructor. What it throws costs the telemetry of that object, nothing else. */
export type DescribeHost<Env> = (env: Env, ctx: HostContext) => HostSpec
