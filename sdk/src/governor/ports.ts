/** What the governor needs from its host. Structural, so that Workers, Miniflare and tests all fit. */
import type { GovernorReply, Snapshot } from '@sandglass/schemas/governor'
import type { AttributeName, EventName } from '@sandglass/schemas/semconv'
import type { GateCall } from './gate-call.ts'

/** Namespace of the class SandglassScope: a DurableObjectNamespace. */
export interface ScopeNamespace {
  idFromName(name: string): unknown
  get(id: unknown): { fetch(request: Request): Promise<Response> }
}

/** Stub of the Durable Object that owns a sandbox; it forwards the call to its gate. */
export interface SandboxStub {
  sandglassGate(call: GateCall): Promise<GovernorReply>
}

/** The storage of a SQLite-backed Durable Object (values up to 2 MB). */
export interface GateStorage {
  get(key: string): Promise<unknown>
  put(key: string, value: unknown): Promise<void>
  delete(key: string): Promise<boolean>
  list(options: { prefix: string; limit?: number; startAfter?: string }): Promise<Map<string, unknown>>
}

/** The Durable Object that owns the sandbox: its `ctx`. */
export interface GateObject {
  readonly id: { toString(): string }
  readonly storage: GateStorage
  readonly container?: GateContainer | undefined
  blockConcurrencyWhile<T>(run: () => Promise<T>): Promise<T>
}

/** A command that runs in a container. */
export interface GateProcess {
  readonly stdin: WritableStream | null
  readonly stdout: ReadableStream | null
  readonly exitCode: Promise<number>
  output(): Promise<{ readonly stdout: ArrayBuffer; readonly stderr: ArrayBuffer; readonly exitCode: number }>
  kill(signal?: number): void
}

export interface GateExecOptions {
  cwd?: string
  stdin?: ReadableStream | 'pipe'
  stdout?: 'pipe' | 'ignore'
  stderr?: 'pipe' | 'ignore'
}

/** The part of `ctx.container` that the gate drives. Pass the bare container, not an instrumented one. */
export interface GateContainer {
  readonly running: boolean
  start(): void
  exec(command: string[], options?: GateExecOptions): Promise<GateProcess>
  destroy(reason?: unknown): Promise<void>
  /** Settles when the container has ended; only then `running` is false. */
  monitor(): Promise<void>
}

/** Keeps the workspace while its container is gone. Every method throws when it cannot do what it says. */
export interface WorkspaceBackup {
  create(): Promise<Snapshot>
  /** Reads the whole backup back and compares it with what was written. */
  verify(snapshot: Snapshot): Promise<void>
  restore(snapshot: Snapshot): Promise<void>
  /** Compares the workspace in the running container with the backup. */
  verifyRestored(snapshot: Snapshot): Promise<void>
  discard(snapshot: Snapshot): Promise<void>
}

/** Attributes of an event, by their names in the contract. */
export type EventAttributes = Readonly<Partial<Record<AttributeName, string | number | boolean>>>

/** Emits one event of the telemetry contract and must not throw: `(name, attributes) => sandglass.event(name, attributes)`. */
export type EmitEvent = (name: EventName, attributes: EventAttributes) => void
