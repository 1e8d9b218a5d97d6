/** Who and what the fixtures of all rules are about. */
import type { Attributes, StoredEvent } from '@sandglass/dashboards/testing'

/** A task that runs a stranger's prompt, in a sandbox of its own. */
export const untrustedTask = {
  teamId: 'payments',
  userId: 'u_8f3a',
  sandboxId: 'sb-untrusted',
  taskId: 'task-untrusted',
  taskClass: 'untrusted_prompt',
  tier: 'C',
  agentName: 'visitor',
  promptId: 'prm_1',
  toolName: 'shell',
  toolCallId: 'call_1',
} as const satisfies Attributes

/** A task that a person watches. */
export const assistedTask = {
  ...untrustedTask,
  sandboxId: 'sb-assisted',
  taskId: 'task-assisted',
  taskClass: 'code_fix',
  tier: 'B',
  agentName: 'fixer',
} as const satisfies Attributes

/** Labels of the alerts that are about the untrusted task, and about the assisted one. */
export const untrustedLabels = { team: 'payments', sandbox: 'sb-untrusted', task: 'task-untrusted' }
export const assistedLabels = { team: 'payments', sandbox: 'sb-assisted', task: 'task-assisted' }

export function times(count: number, build: (index: number) => StoredEvent): readonly StoredEvent[] {
  return Array.from({ length: count }, (_, index) => build(index))
}
