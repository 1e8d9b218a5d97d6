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

/** As a command does, a restore waits a little for the scan of what came before it. */
async function restore(plain: Run<CallPorts>, ports: WrapPorts, call: Admitted): Promise<unknown> {
  const { guard, settling } = ports.instrument
  await guard(() => ports.sandbox.files?.before())
  const settled = guard(() => suspectRestore(ports, call))
  try {
    const result = plain(ports, call)
    if (isPromise(result)) settling.track(tellSnapshot(ports.instrument, ports.where(), call, result))
    return await result
  } finally {
    guard(() => settled?.())
  }
}

const runBackup =
  (plain: Run<CallPorts>): Run =>
  (ports, call) => {
    const { effect } = call.operation
    if (effect === 'restore') return restore(plain, ports, call)
    const result = plain(ports, call)
    if (effect === 'snapshot' && isPromise(result))
      ports.instrument.settling.track(tellSnapshot(ports.instrument, ports.where(), call, result))
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
