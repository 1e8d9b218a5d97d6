import { attr } from '@sandglass/schemas/semconv'
import type { Operation } from '../operation.ts'
import { facts, resultFacts, text } from '../readers.ts'
import { operation } from './define.ts'

export const storageOperations = {
  mountBucket: operation('bucket.mount', { facts: facts({ [attr.filePath]: text(1) }) }),
  unmountBucket: operation('bucket.unmount', { facts: facts({ [attr.filePath]: text(0) }) }),
  createBackup: operation('snapshot.create', {
    effect: 'snapshot',
    facts: facts({ [attr.filePath]: text(0, 'dir') }),
    resultFacts: resultFacts({ [attr.snapshotId]: text(0, 'id') }),
  }),
  restoreBackup: operation('snapshot.restore', {
    effect: 'restore',
    facts: facts({ [attr.snapshotId]: text(0, 'id'), [attr.filePath]: text(0, 'dir') }),
  }),
} as const satisfies Record<string, Operation>
