import { commandOperations } from './client/command-operations.ts'
import { egressOperations } from './client/egress-operations.ts'
import { fileOperations } from './client/file-operations.ts'
import { interpreterOperations } from './client/interpreter-operations.ts'
import { lifecycleOperations } from './client/lifecycle-operations.ts'
import { portOperations } from './client/port-operations.ts'
import { sessionOperations } from './client/session-operations.ts'
import { storageOperations } from './client/storage-operations.ts'
import type { OperationTable } from './operation.ts'

const operations = {
  ...commandOperations,
  ...fileOperations,
  ...storageOperations,
  ...sessionOperations,
  ...interpreterOperations,
  ...portOperations,
  ...egressOperations,
  ...lifecycleOperations,
}

/** Every recorded method of the 0.12 client, and of its sessions, which have most of them. */
export type ClientMethod = keyof typeof operations

export const clientOperations: OperationTable<ClientMethod> = operations

/** Methods of the 0.12 client that are its own machinery: they pass through, and nothing is recorded. */
export const clientMachinery = [
  'onStart',
  'onStop',
  'onError',
  'onActivityExpired',
  'alarm',
  'configure',
  'setSandboxName',
  'callTunnels',
  'renewActivityTimeout',
  'schedule',
  'scheduleNextAlarm',
  'deleteSchedules',
  'listSchedules',
  'getSchedule',
] as const
