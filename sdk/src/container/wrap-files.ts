import { attr } from '@sandglass/schemas/semconv'
import type { FileOperation } from '../files/changes.ts'
import { FILE_CHANGES, tellFileChange } from '../files/tell-change.ts'
import { filesOperations } from '../operations/files-operations.ts'
import { isPromise } from '../wrap/call.ts'
import { wrapMethods, type Admitted, type CallPorts, type Run, type WrapPorts } from '../wrap/methods.ts'

/** Asked before the call: a write makes the file where it is known not to be there. */
function changeOf({ sandbox }: WrapPorts, { operation, facts }: Admitted): FileOperation | undefined {
  const change = operation.effect && FILE_CHANGES[operation.effect]
  const path = facts[attr.filePath]
  const isNew = change === 'modify' && typeof path === 'string' && sandbox.files?.has(path) === false
  return isNew ? 'create' : change
}

/** Tells the change once it has happened: by the API's word, so exactly. */
async function tellChange(
  ports: WrapPorts,
  operation: FileOperation,
  { facts }: Admitted,
  result: PromiseLike<unknown>,
): Promise<void> {
  const { instrument, sandbox } = ports
  const scope = instrument.scopes.getStore()
  try {
    await result
  } catch {
    return
  }
  tellFileChange(ports, scope, operation, facts)
  const path = facts[attr.filePath]
  if (typeof path === 'string') sandbox.files?.told(path, operation !== 'delete')
}

/** The 1.x `Files` of a sandbox itself in every respect, with its operations recorded. */
export function wrapFiles<F extends object>(files: F, ports: WrapPorts): F {
  const run =
    (plain: Run<CallPorts>): Run =>
    (of, call) => {
      const change = of.instrument.guard(() => changeOf(of, call))
      const result = plain(of, call)
      if (change !== undefined && isPromise(result))
        ports.instrument.settling.track(tellChange(ports, change, call, result))
      return result
    }
  return wrapMethods(files, filesOperations, ports, run)
}
