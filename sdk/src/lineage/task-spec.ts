import type { attr, values } from '@sandglass/schemas/semconv'
import type { HostSpan } from '../options.ts'

type Values<K extends keyof typeof values> = (typeof values)[K][number]

/** Trust tier, A most trusted to C least. */
export type Tier = Values<typeof attr.tier>
/** Kind of actor. */
export type ActorType = Values<typeof attr.actorType>
/** How urgent a task is. */
export type TaskPriority = Values<typeof attr.taskPriority>
/** How a task ended. */
export type TaskOutcome = Values<typeof attr.taskOutcome>
/** Who judged an outcome; better known than self-graded counts more. */
export type OutcomeSource = Values<typeof attr.taskOutcomeSource>
/** What a sandbox is used for. */
export type WorkloadKind = Values<typeof attr.workloadKind>
/** Where the text of a prompt came from. */
export type PromptSource = Values<typeof attr.promptSource>
export type ChargeSource = Values<typeof attr.chargeSource>

/** Who acts. `id` is opaque: never a name or an address. */
export interface Actor {
  readonly type: ActorType
  readonly id: string
}

/** One unit of agent work with one outcome, and the context that every span and event of it carries. */
export interface TaskSpec {
  /** Made when absent. Give your own to find the task by it, or to continue one. */
  readonly id?: string | undefined
  /** Workload class, the unit of comparison for time and cost, e.g. `code_fix`. */
  readonly class: string
  readonly team: string
  readonly tier: Tier
  readonly agent: string | { readonly name: string; readonly version?: string | undefined }
  /** Opaque id of the person behind the work. */
  readonly user?: string | undefined
  readonly actor?: Actor | undefined
  readonly costCenter?: string | undefined
  readonly priority?: TaskPriority | undefined
  /** Attempt number, from 1. */
  readonly attempt?: number | undefined
  readonly retryOf?: string | undefined
  readonly parentTaskId?: string | undefined
  readonly trigger?: string | undefined
  readonly conversationId?: string | undefined
  readonly repositoryUrl?: string | undefined
  readonly workloadKind?: WorkloadKind | undefined
  /** 0 to 1. */
  readonly riskScore?: number | undefined
  readonly dataClass?: string | undefined
  readonly sessionId?: string | undefined
  /** Id of a signed manifest whose signature you verified; without one the context counts as declared. */
  readonly manifestId?: string | undefined
  /** Unix time in milliseconds by which the task must have ended. */
  readonly deadline?: number | undefined
  /** Seconds between request and start. */
  readonly queueDuration?: number | undefined
  /** Seconds that the work stood suspended before it went on in this task. */
  readonly suspendedDuration?: number | undefined
  /** Seconds without a heartbeat after which the task counts as lost; 60 when absent. */
  readonly heartbeatTtl?: number | undefined
  /** W3C trace parent to join; otherwise the active span of the host, else a trace of its own. */
  readonly traceparent?: string | undefined
}

/** A model call to record. */
export interface PromptSpec {
  readonly id?: string | undefined
  /** Only its keyed hash leaves, and only when a `promptHashKey` is set. The text itself: `content.prompts`. */
  readonly text: string
  readonly source: PromptSource
  readonly model?: string | undefined
  readonly provider?: string | undefined
  /** Pointer to text that you hold, e.g. `r2://prompts/3c`. */
  readonly ref?: string | undefined
  /** A span that tells of this model call already: none is made, and what it causes hangs under that one. */
  readonly attachTo?: HostSpan | undefined
}

/** Tokens of one model answer. Its `responseId` is the idempotency key of the charge. */
export interface ModelUsage {
  /** Cached ones included. */
  readonly inputTokens: number
  /** Reasoning included. */
  readonly outputTokens: number
  readonly cachedInputTokens?: number | undefined
  readonly reasoningTokens?: number | undefined
  readonly responseId?: string | undefined
  readonly model?: string | undefined
  readonly provider?: string | undefined
  /** Who counted; `provider` when absent. */
  readonly source?: ChargeSource | undefined
}

/** What is known of a tool call beside its name. */
export interface ToolOptions {
  /** The id the model gave this call; made when absent. */
  readonly callId?: string | undefined
  /** The prompt that asked for it; the latest of the task when absent. */
  readonly prompt?: Prompt | undefined
  readonly type?: 'function' | 'extension' | 'datastore' | undefined
  /** A span that tells of this call already: none is made, and what runs in the call hangs under that one. */
  readonly attachTo?: HostSpan | undefined
}

/** A pull or merge request that a task produced. */
export interface ChangeSpec {
  readonly repositoryUrl: string
  /** Pull or merge request, e.g. `shop#42`. */
  readonly id: string
  readonly commit?: string | undefined
  /** Share of the change per task, summing to 1; all of it is this task's when absent. */
  readonly shares?: Readonly<Record<string, number>> | undefined
}

/** A file that a task produced. */
export interface ArtifactSpec {
  readonly path: string
  readonly sha256: string
  readonly provenance?: string | undefined
}

/** A model call of a task. */
export interface Prompt {
  readonly id: string
  /** Reports what the answer used: attributes of the chat span and one `sandglass.inference.measured` event. */
  usage(usage: ModelUsage): void
  /** Records the answer's text; kept only with `content.prompts`. */
  answer(text: string): void
}

/** A tool call of a task. */
export interface ToolCall {
  readonly callId: string
  readonly name: string
  /** Nesting, from 0. */
  readonly depth: number
}

/** A task that runs: what happens in it is recorded through it. */
export interface Task {
  readonly id: string
  /** Runs `run` as the model call of a prompt. Tools called in it or after it carry the prompt's id. */
  prompt<T>(spec: PromptSpec, run: (prompt: Prompt) => T | Promise<T>): Promise<T>
  /** Runs `run` as a tool call. Calls nest and run in parallel; arguments leave only with `content.toolArguments`. */
  tool<T>(
    name: string,
    args: unknown,
    run: (call: ToolCall) => T | Promise<T>,
    options?: ToolOptions,
  ): Promise<T>
  /** Judges the task. Without it, returning is `success` and throwing is `failure`, both said by the agent. */
  outcome(outcome: TaskOutcome, source: OutcomeSource): void
  /** Says that the task lives; done by itself while the isolate runs. */
  heartbeat(): void
  /** Runs `run` as time spent waiting for a person. */
  waitForHuman<T>(run: () => T | Promise<T>): Promise<T>
  /** Links this task to the change it produced. */
  change(change: ChangeSpec): void
  artifact(artifact: ArtifactSpec): void
}
