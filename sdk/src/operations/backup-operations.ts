import { attr } from '@sandglass/schemas/semconv'
import type { Facts } from '../facts.ts'
import type { OperationTable } from './operation.ts'
import { read, readNumber, readText } from './read.ts'

/** Every method of `DirectoryBackup` in the 1.x API. */
export type BackupMethod = 'backup' | 'restore' | 'delete' | 'intercept'

/** When the provider deletes it: a time in any form that dates come in. */
function expiryOf(record: unknown): number | undefined {
  const value = read(record, 'expiresAt')
  if (typeof value !== 'string' && typeof value !== 'number' && !(value instanceof Date)) return undefined
  const ms = new Date(value).getTime()
  return Number.isFinite(ms) ? ms : undefined
}

/** What a record of a backup says of it. */
const recordFacts = (record: unknown): Facts => ({
  [attr.snapshotId]: readText(record, 'id'),
  [attr.snapshotSize]: readNumber(record, 'size'),
  [attr.snapshotExpiresAt]: expiryOf(record),
})

export const backupOperations: OperationTable<BackupMethod> = {
  backup: {
    name: 'snapshot.create',
    answer: 'promise',
    gated: true,
    effect: 'snapshot',
    facts: ([options]) => ({ [attr.filePath]: readText(options, 'dir') }),
    resultFacts: recordFacts,
  },
  restore: {
    name: 'snapshot.restore',
    answer: 'promise',
    gated: true,
    effect: 'restore',
    facts: ([record, options]) => ({
      [attr.filePath]: readText(options, 'dir') ?? readText(record, 'dir'),
      ...recordFacts(record),
    }),
  },
  delete: {
    name: 'snapshot.delete',
    answer: 'promise',
    gated: false,
    facts: ([record]) => ({ [attr.snapshotId]: readText(record, 'id') }),
  },
  intercept: {
    name: 'egress.intercept',
    answer: 'promise',
    gated: false,
  },
}
