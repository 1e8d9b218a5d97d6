/** What suspending and resuming a sandbox works with. */
import type { GateStore } from './gate-store.ts'
import type { EmitEvent, GateContainer, WorkspaceBackup } from './ports.ts'
import type { ProcessTracker } from './process-tracker.ts'

export interface SandboxParts {
  readonly sandboxId: string
  readonly store: GateStore
  readonly container: GateContainer
  readonly backup: WorkspaceBackup
  readonly processes: ProcessTracker
  readonly emit: EmitEvent
  /** Starts the container as its owner would. */
  readonly start: () => void
  readonly now: () => number
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

export function errorTypeOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}
