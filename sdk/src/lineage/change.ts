import { attr } from '@sandglass/schemas/semconv'
import type { Facts } from '../facts.ts'
import type { ChangeSpec } from './task-spec.ts'

export function changeFacts(change: ChangeSpec, taskId: string): Facts {
  const shares = Object.entries(change.shares ?? { [taskId]: 1 })
  return {
    [attr.repositoryUrl]: change.repositoryUrl,
    [attr.changeId]: change.id,
    [attr.commitSha]: change.commit,
    [attr.changeTaskIds]: shares.map(([id]) => id),
    [attr.changeTaskShares]: shares.map(([, share]) => share),
  }
}
