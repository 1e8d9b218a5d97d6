import { attr, event } from '@sandglass/schemas/semconv'
import { categoryOf } from '../files/category.ts'
import { emitEvent } from '../instrument.ts'
import { clientOperations, fileChanges } from '../operations/client-operations.ts'
import { beginCall, endCall, failCall, isPromise } from '../wrap/call.ts'
import { wrapMethods, type Admitted, type CallPorts, type Run } from '../wrap/methods.ts'
import { watchStream } from '../wrap/watched-stream.ts'

/** A call whose answer is a stream: its span lasts as long as the stream. */
async function callStream(ports: CallPorts, { operation, facts, args, invoke }: Admitted): Promise<unknown> {
  const { instrument } = ports
  const call = beginCall(instrument, ports.where(), operation, facts)
  try {
    const stream = await invoke(args)
    if (!(stream instanceof ReadableStream)) {
      endCall(instrument, call, stream)
      return stream
    }
    let bytes = 0
    const end = (): void => {
      call.span.set({ [attr.stdoutSize]: bytes })
      endCall(instrument, call, undefined)
    }
    const watcher = { onChunk: (more: number) => void (bytes += more), onEnd: end, onCancel: end }
    return instrument.guard(() => watchStream(stream, watcher)) ?? stream
  } catch (error) {
    failCall(call, error)
    throw error
  }
}

/** Tells a change of a file once it has happened. */
async function tellChange(
  ports: CallPorts,
  { operation, facts }: Admitted,
  result: PromiseLike<unknown>,
): Promise<void> {
  const change = operation.effect && fileChanges[operation.effect]
  if (change === undefined) return
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

/** A session is a client of its own: the same methods, on the same sandbox. */
async function wrapSession(ports: CallPorts, result: PromiseLike<unknown>): Promise<unknown> {
  const session = await result
  return typeof session === 'object' && session !== null ? wrapClient(session, ports) : session
}

const run =
  (plain: Run<CallPorts>): Run<CallPorts> =>
  (ports, call) => {
    if (call.operation.answer === 'stream') return callStream(ports, call)
    const result = plain(ports, call)
    if (!isPromise(result)) return result
    if (call.operation.effect === 'session') return wrapSession(ports, result)
    if (call.operation.effect !== undefined) ports.instrument.settling.track(tellChange(ports, call, result))
    return result
  }

/** What `getSandbox()` returned, or a session of it, in every respect, with the operations of the table recorded. */
export function wrapClient<C extends object>(client: C, ports: CallPorts): C {
  return wrapMethods(client, clientOperations, ports, run)
}
