import type { PolicyInput } from '@sandglass/schemas/policy'
import type { Encoding } from './export/encoding.ts'
import type { Outbox } from './export/outbox.ts'
import type { Clock, Diagnostic, Fetch, RandomHex, StateStore } from './ports.ts'

/** Identifiers of a span, lower-case hexadecimal. */
export interface HostSpan {
  readonly traceId: string
  readonly spanId: string
}

/** Content that leaves the Worker only when asked for. Secret values never do. */
export interface ContentOptions {
  readonly prompts?: boolean | undefined
  readonly toolArguments?: boolean | undefined
  readonly toolResults?: boolean | undefined
}

/** How a Worker or a Node process is observed. Only name and endpoint are needed. */
export interface SandglassOptions {
  readonly serviceName: string
  readonly serviceVersion?: string | undefined
  /** Deployment environment, e.g. `production`. */
  readonly environment?: string | undefined
  /** Further resource attributes, e.g. `cloud.account.id`. */
  readonly resource?: Readonly<Record<string, string>> | undefined
  /** Base URL of an OTLP/HTTP receiver; `/v1/traces` and `/v1/logs` are appended. */
  readonly endpoint: string
  /** Sent with every export, e.g. `{ authorization: 'Bearer …' }`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Protobuf when absent; `json` of `@sandglass/sdk/json` for receivers that read JSON alone. */
  readonly encoding?: Encoding | undefined
  /** Key of the HMAC over prompt texts. Without it prompts carry no hash. */
  readonly promptHashKey?: string | undefined
  readonly content?: ContentOptions | undefined
  readonly policy?: PolicyInput | undefined
  /** Applied to every string after the built-in redaction, at the last moment before it leaves. */
  readonly redact?: ((text: string) => string) | undefined
  /** Durable state for chain, meter and overrides: in a Durable Object, `ctx.storage`. */
  readonly state?: StateStore | undefined
  /** Keeps audit events where the crash of this isolate does not reach them: see `@sandglass/sdk/outbox`. */
  readonly outbox?: Outbox | undefined
  /** Keeps a Worker alive for exports that start by themselves: `(work) => ctx.waitUntil(work)`. */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined
  /** Milliseconds after which waiting telemetry is sent without being asked; 1000 when absent, 0 for never. */
  readonly flushIntervalMs?: number | undefined
  /**
   * The active span of the host, parent of what begins outside of any task: on Workers
   * `() => tracing.getActiveSpan()?.spanContext()`, with OpenTelemetry `() => trace.getActiveSpan()?.spanContext()`.
   */
  readonly activeSpan?: (() => HostSpan | undefined) | undefined
  readonly clock?: Clock | undefined
  readonly random?: RandomHex | undefined
  readonly fetch?: Fetch | undefined
  /** Hears of the SDK's own trouble; `console.warn` when absent. */
  readonly onDiagnostic?: ((diagnostic: Diagnostic) => void) | undefined
}
