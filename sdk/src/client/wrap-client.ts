import { attr } from '@sandglass/schemas/semconv'
import { tellSnapshot } from '../container/snapshot.ts'
import { processOperations } from '../operations/client/command-operations.ts'
import { tunnelOperations } from '../operations/client/port-operations.ts'
import { clientOperations } from '../operations/client-operations.ts'
import type { Effect } from '../operations/operation.ts'
import { readNumber, readText } from '../operations/read.ts'
import { isPromise } from '../wrap/call.ts'
import type { Admitted, CallPorts, Run } from '../wrap/methods.ts'
import { observeClient, observeInPlace } from '../wrap/observed.ts'
import { callStream } from './call-stream.ts'
import { followFile, watchReader, type ClientPorts } from './files/tell-change.ts'
import { createKnownChanges } from './files/known-changes.ts'

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** The same sandbox, with what is known of a part of it. */
function inside(ports: ClientPorts, facts: object): ClientPorts {
  const { sandboxId, facts: known } = ports.where()
  const where = { sandboxId, facts: { ...known, ...facts } }
  return { ...ports, where: () => where }
}

/** A session is a client of its own: the same methods, on the same sandbox. */
function wrapSession(ports: ClientPorts, session: unknown): void {
  if (!isObject(session)) return
  const within = inside(ports, { [attr.sessionId]: readText(session, 'id') })
  observeInPlace(session, clientOperations, within, run)
}

function wrapProcess(ports: ClientPorts, process: unknown): void {
  if (!isObject(process)) return
  const within = inside(ports, { [attr.pid]: readNumber(process, 'pid') })
  observeInPlace(process, processOperations, within, run)
}

/** What is recorded of the object that a call answers with. */
const wrapResult: Partial<Record<Effect, (ports: ClientPorts, result: unknown) => void>> = {
  session: wrapSession,
  process: wrapProcess,
  processes(ports, result) {
    if (Array.isArray(result)) for (const process of result) wrapProcess(ports, process)
  },
}

/** Beside its span: what a call means for the timeline, and for what it answers with. Before its caller sees that. */
function follow(ports: ClientPorts, call: Admitted, result: PromiseLike<unknown>): void {
  const { effect } = call.operation
  if (effect === undefined) return
  const { instrument } = ports
  const wrap = wrapResult[effect]
  if (wrap !== undefined)
    result.then(
      (value) => instrument.guard(() => wrap(ports, value)),
      () => {},
    )
  followFile(ports, effect, call, result)
  if (effect === 'snapshot' || effect === 'restore')
    instrument.settling.track(tellSnapshot(instrument, ports.where(), call, result))
}

/** Whatever else is called may make files. */
const FILE_CALL = /^(?:file|directory)\./

function run(plain: Run<CallPorts>): Run<ClientPorts> {
  return (ports, call) => {
    const { answer, effect, name } = call.operation
    if (!FILE_CALL.test(name)) ports.files.forgetAbsent()
    const reader = effect === 'watch' ? watchReader(ports) : undefined
    if (answer === 'stream' || answer === 'events') return callStream(ports, call, reader)
    const result = plain(ports, call)
    if (isPromise(result)) ports.instrument.guard(() => follow(ports, call, result))
    return result
  }
}

/** What `getSandbox()` returned in every respect, with the operations of the table recorded. */
export function wrapClient<C extends object>(client: C, call: CallPorts): C {
  const ports = { ...call, files: createKnownChanges() }
  return observeClient(client, clientOperations, ports, run, {
    tunnels: (tunnels) =>
      isObject(tunnels) ? observeClient(tunnels, tunnelOperations, ports, run) : tunnels,
  })
}
