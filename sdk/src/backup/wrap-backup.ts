import { attr } from '@sandglass/schemas/semconv'
import { tellSnapshot } from '../container/snapshot.ts'
import { freezeScope } from '../context/scope.ts'
import type { FileSuspect } from '../files/file-watch.ts'
import { backupOperations } from '../operations/backup-operations.ts'
import { mountOperations, mountSecrets } from '../operations/mount-operations.ts'
import { isPromise } from '../wrap/call.ts'
import { wrapMethods, type Admitted, type CallPorts, type Run, type WrapPorts } from '../wrap/methods.ts'

/** A restore changes files as a command does: what it changed is told as its doing. */
function suspectRestore({ instrument, sandbox }: WrapPorts, { operation }: Admitted): () => void {
  const { files } = sandbox
  if (files === undefined) return () => {}
  const suspect: FileSuspect = {
    scope: freezeScope(instrument.scopes.getStore()),
    facts: { [attr.operation]: operation.name },
    source: 'api',
  }
  files.begin(suspect)
  return () => files.end(suspect)
}

const runBackup =
  (plain: Run<CallPorts>): Run =>
  (ports, call) => {
    const { instrument, sandbox } = ports
    const { effect } = call.operation
    const result = plain(ports, call)
    if (effect === undefined || !isPromise(result)) return result
    const settled = effect === 'restore' ? instrument.guard(() => suspectRestore(ports, call)) : undefined
    const told = tellSnapshot(instrument, sandbox.where(), call, result)
    instrument.settling.track(told.then(() => instrument.guard(() => settled?.())))
    return result
  }

/** The 1.x `DirectoryBackup` of a sandbox itself in every respect, with its operations recorded. */
export function wrapBackup<B extends object>(backup: B, ports: WrapPorts): B {
  return wrapMethods(backup, backupOperations, ports, runBackup)
}

const runMount =
  (plain: Run<CallPorts>): Run =>
  (ports, call) => {
    const { boundary, guard } = ports.instrument
    if (call.operation.effect === 'mount')
      guard(() => mountSecrets(call.args[0]).forEach((secret) => boundary.register(secret)))
    return plain(ports, call)
  }

/** The 1.x `S3Mount` of a sandbox itself in every respect, with its operations recorded. */
export function wrapMount<M extends object>(mount: M, ports: WrapPorts): M {
  return wrapMethods(mount, mountOperations, ports, runMount)
}
