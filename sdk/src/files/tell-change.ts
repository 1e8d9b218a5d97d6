import { attr, event } from '@sandglass/schemas/semconv'
import type { Scope } from '../context/scope.ts'
import type { Facts } from '../facts.ts'
import { emitEvent } from '../instrument.ts'
import type { Effect } from '../operations/operation.ts'
import type { CallPorts } from '../wrap/methods.ts'
import { categoryOf } from './category.ts'
import type { FileOperation } from './changes.ts'

/** What of the effects on files is told as which change. A write may make the file or change it. */
export const FILE_CHANGES: Partial<Record<Effect, FileOperation>> = {
  write: 'modify',
  rename: 'rename',
  remove: 'delete',
}

/** Tells a change of the file that the facts name: by the API's word, so exactly, unless they say otherwise. */
export function tellFileChange(
  { instrument, where }: CallPorts,
  scope: Scope | undefined,
  operation: FileOperation,
  facts: Facts,
): void {
  emitEvent(instrument, scope, where(), event.fileMutated, {
    [attr.fileSource]: 'api',
    [attr.fileAttribution]: 'exact',
    ...facts,
    [attr.fileOperation]: operation,
    [attr.fileCategory]: categoryOf(String(facts[attr.filePath] ?? '')),
  })
}
