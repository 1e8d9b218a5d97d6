import type { AttributeName, EventName } from '@sandglass/schemas/semconv'
import type { ContainerLike } from './container/container-like.ts'
import type { Sandbox, SandboxSpec } from './container/sandbox-spec.ts'
import type { ClientSpec } from './client/client-sandbox.ts'
import type { Stats } from './export/stats.ts'
import type { Task, TaskSpec } from './lineage/task-spec.ts'
import type { PolicyControl } from './policy/types.ts'
import type { Secrets } from './secrets/types.ts'

/** A value of an attribute. */
export type AttributeValue = string | number | boolean | readonly string[] | readonly number[]
/** Attributes of an event, by their names in the contract. */
export type EventAttributes = Readonly<Partial<Record<AttributeName, AttributeValue | undefined>>>

/**
 * One instrument: for a request in a Worker, or for the life of a Durable Object. Nothing is shared between two.
 * No method throws on account of telemetry; policy refusals throw where a policy is in enforce mode.
 */
export interface Sandglass {
  /** Runs `run` as a task and settles as it does. */
  task<T>(spec: TaskSpec, run: (task: Task) => T | Promise<T>): Promise<T>
  /** The task of the current asynchronous context. */
  currentTask(): Task | undefined
  /** Wraps `ctx.container`: same type, results, errors and streams. Call it once per container. */
  container<C extends ContainerLike>(container: C, spec: SandboxSpec): C
  /**
   * Wraps the 1.x `Files` of a container that {@link container} wrapped. Build `Files` on the bare container, so that
   * its own commands are not told as the agent's; paths should be absolute.
   */
  files<F extends object>(files: F, container: ContainerLike): F
  /**
   * Wraps what `getSandbox()` of the 0.12 package returns, its sessions included. Everything the table of operations
   * does not name passes through untouched. Call it once per sandbox.
   */
  client<C extends object>(client: C, spec?: ClientSpec): C
  /** What is known of a container that {@link container} wrapped. */
  sandbox(container: ContainerLike): Sandbox | undefined
  readonly secrets: Secrets
  readonly policy: PolicyControl
  /** Records an event of the contract with the context of the current task. */
  event(name: EventName, attributes: EventAttributes): void
  /** The current context as a string, to continue it in another request, object or queue message. */
  serializeContext(): string | undefined
  /** Runs `run` in a context made by {@link serializeContext}; without one, as it is. */
  withContext<T>(serialized: string | undefined, run: () => T): T
  /** Sends everything recorded so far. Resolves when acknowledged or given up; never rejects. */
  flush(): Promise<Stats>
  stats(): Stats
}
