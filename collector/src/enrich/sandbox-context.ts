/** What is known of a sandbox and belongs on every record that names it. Unknown is empty. */
export interface SandboxContext {
  readonly teamId: string
  readonly userId: string
  readonly taskId: string
  readonly taskClass: string
  readonly tier: string
  readonly instanceType: string
}

export const unknownContext: SandboxContext = {
  teamId: '',
  userId: '',
  taskId: '',
  taskClass: '',
  tier: '',
  instanceType: '',
}

/** What one event says of its sandbox; empty where it says nothing. */
export interface SandboxNews {
  readonly tenantId: string
  readonly sandboxId: string
  readonly eventName: string
  readonly context: SandboxContext
}

/** Completes records that carry a sandbox id only. A tenant's sandboxes are its own, whatever their ids. */
export interface Sandboxes {
  find(tenantId: string, sandboxId: string): SandboxContext | undefined
  /** Called with the events of every request that was accepted. */
  learn?(news: SandboxNews): void
}
