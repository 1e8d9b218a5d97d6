export { createSandglass } from './create-sandglass.ts'
export type { ClientSpec } from './client/client-sandbox.ts'
export type { ContainerLike, ExecProcessLike } from './container/container-like.ts'
export type { Gate, Sandbox, SandboxSpec } from './container/sandbox-spec.ts'
export type { Stats } from './export/stats.ts'
export type {
  Actor,
  ActorType,
  ArtifactSpec,
  ChangeSpec,
  ModelUsage,
  OutcomeSource,
  Prompt,
  PromptSource,
  PromptSpec,
  Task,
  TaskOutcome,
  TaskPriority,
  TaskSpec,
  Tier,
  ToolCall,
  ToolOptions,
  WorkloadKind,
} from './lineage/task-spec.ts'
export type { ContentOptions, HostSpan, SandglassOptions } from './options.ts'
export { SandglassOverrideError, SandglassPolicyError } from './policy/errors.ts'
export type {
  Override,
  OverrideScope,
  OverrideSpec,
  PolicyControl,
  PolicyDecision,
  PolicySubject,
} from './policy/types.ts'
export type { Clock, Diagnostic, Fetch, RandomHex, StateStore } from './ports.ts'
export type { AttributeValue, EventAttributes, Sandglass } from './sandglass.ts'
export { renderOperationsPage } from './operations/operations-page.ts'
export type { SecretChannel, SecretRequest, Secrets } from './secrets/types.ts'
