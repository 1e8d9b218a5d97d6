import { attr, event } from '@sandglass/schemas/semconv'
import { tellSnapshot } from '../container/snapshot.ts'
import { categoryOf } from '../files/category.ts'
import type { FileOperation } from '../files/changes.ts'
import { emitEvent } from '../instrument.ts'
import { processOperations } from '../operations/client/command-operations.ts'
import { tunnelOperations } from '../operations/client/port-operations.ts'
import { clientOperations } from '../operations/client-operations.ts'
import type { Effect } from '../operations/operation.ts'
import { readNumber, readText } from '../operations/read.ts'
import { isPromise } from '../wrap/call.ts'
import type { Admitted, CallPorts, Run } from '../wrap/methods.ts'
import { observeClient, observeInPlace } from '../wrap/observed.ts'
import { callStream } from './call-stream.ts'

const fileChanges: Partial<Record<Effect, FileOperation>> = {
  write: 'modify',
  rename: 'rename',
  remove: 'delete',
}

/** Tells a change of a file once it has happened. */
async function tellChange(
  ports: CallPorts,
  change: FileOperation,
  { facts }: Admitted,
  result: PromiseLike<unknown>,
): Promise<void> {
  const scope = ports.instrument.scopes.getStore()
  try {
    await result
  } catch {
    return
  }
  emitEvent(ports.instrument, scope, ports.where(), event.fileMutated, {
    ...facts,
    [attr.fileOperation]: change,
    [attr.fileSource]: 'api',
    [attr.fileAttribution]: 'exact',
    [attr.fileCategory]: categoryOf(String(facts[attr.filePath] ?? '')),
  })
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** The same sandbox, with what is known of a part of it. */
function inside(ports: CallPorts, facts: object): CallPorts {
  const { sandboxId, facts: known } = ports.where()
  const where = { sandboxId, facts: { ...known, ...facts } }
  return { ...ports, where: () => where }
}

/** A session is a client of its own: the same methods, on the same sandbox. */
function wrapSession(ports: CallPorts, session: unknown): void {
  if (!isObject(session)) return
  const within = inside(ports, { [attr.sessionId]: readText(session, 'id') })
  observeInPlace(session, clientOperations, within, run)
}

function wrapProcess(ports: CallPorts, process: unknown): void {
  if (!isObject(process)) return
  const within = inside(ports, { [attr.pid]: readNumber(process, 'pid') })
  observeInPlace(process, processOperations, within, run)
}

/** What is recorded of the object that a call answers with. */
const wrapResult: Partial<Record<Effect, (ports: CallPorts, result: unknown) => void>> = {
  session: wrapSession,
  process: wrapProcess,
  processes(ports, result) {
    if (Array.isArray(result)) for (const process of result) wrapProcess(ports, process)
  },
}

/** Beside its span: what a call means for the timeline, and for what it answers with. Before its caller sees that. */
function follow(ports: CallPorts, call: Admitted, result: PromiseLike<unknown>): void {
  const { effect } = call.operation
  if (effect === undefined) return
  const { instrument } = ports
  const wrap = wrapResult[effect]
  if (wrap !== undefined)
    result.then(
      (value) => instrument.guard(() => wrap(ports, value)),
      () => {},
    )
  const change = fileChanges[effect]
  if (change !== undefined) instrument.settling.track(tellChange(ports, change, call, result))
  if (effect === 'snapshot' || effect === 'restore')
    instrument.settling.track(tellSnapshot(instrument, ports.where(), call, result))
}

function run(plain: Run<CallPorts>): Run<CallPorts> {
  return (ports, call) => {
    const { answer } = call.operation
    if (answer === 'stream' || answer === 'events') return callStream(ports, call)
    const result = plain(ports, call)
    if (isPromise(result)) ports.instrument.guard(() => follow(ports, call, result))
    return result
  }
}

/** What `getSandbox()` returned in every respect, with the operations of the table recorded. */
export function wrapClient<C extends object>(client: C, ports: CallPorts): C {
  return observeClient(client, clientOperations, ports, run, {
    tunnels: (tunnels) =>
      isObject(tunnels) ? observeClient(tunnels, tunnelOperations, ports, run) : tunnels,
  })
}
