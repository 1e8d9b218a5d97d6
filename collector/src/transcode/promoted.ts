/** The attributes that have columns of their own, from the physical columns in schemas. */
import { isSecretName } from '@sandglass/schemas/redaction'
import { attr } from '@sandglass/schemas/semconv'
import { contextColumns, type TableColumn } from '@sandglass/schemas/tables'
import type { SandboxContext } from '../enrich/sandbox-context.ts'
import { NO_COLUMN, type KeyFacts } from './key-table.ts'
import { redactText } from './secret-scan.ts'

export const promotedColumns: readonly TableColumn[] = contextColumns.filter(({ attribute }) => attribute)

const columnByAttribute: ReadonlyMap<string, number> = new Map([
  ...promotedColumns.map(({ attribute }, index) => [attribute ?? '', index] as const),
  // Behind the promoted ones, and kept in the map: the service's name has a column, but is the resource's alone, and the
  // instance type is only watched for.
  [attr.serviceName, promotedColumns.length] as const,
  [attr.instanceType, promotedColumns.length + 1] as const,
])

export const serviceNameIndex = promotedColumns.length
export const instanceTypeIndex = promotedColumns.length + 1
export const teamIdIndex = columnIndex(attr.teamId)
export const sandboxIdIndex = columnIndex(attr.sandboxId)

/** Columns that are completed from what is known of the record's sandbox. */
export const completedColumns: readonly { readonly index: number; readonly field: keyof SandboxContext }[] = [
  { index: columnIndex(attr.teamId), field: 'teamId' },
  { index: columnIndex(attr.userId), field: 'userId' },
  { index: columnIndex(attr.taskId), field: 'taskId' },
  { index: columnIndex(attr.taskClass), field: 'taskClass' },
  { index: columnIndex(attr.tier), field: 'tier' },
]

export const completedMask = maskOf(completedColumns.map(({ index }) => index))
/** A bill for idle time names no task, so such records keep an unknown task empty. */
export const taskMask = maskOf([columnIndex(attr.taskId), columnIndex(attr.taskClass)])

export function columnIndex(attribute: string): number {
  return columnByAttribute.get(attribute) ?? NO_COLUMN
}

function maskOf(indexes: readonly number[]): number {
  return indexes.reduce((mask, index) => mask | (1 << index), 0)
}

/** What the transcoder must know of an attribute name. */
export function describeKey(name: string): KeyFacts {
  return { column: columnIndex(name), secret: isSecretName(name), storedName: redactText(name) ?? name }
}
