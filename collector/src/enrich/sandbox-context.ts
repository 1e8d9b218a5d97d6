/** What is known of a sandbox and belongs on every record that names it. Unknown is empty. */
export interface SandboxContext {
  readonly teamId: string
  readonly userId: string
  readonly taskId: string
  readonly taskClass: string
  readonly tier: string
  readonly instanceType: string
}

export interface Sandboxes {
  find(tenantId: string, sandboxId: string): SandboxContext | undefined
}
