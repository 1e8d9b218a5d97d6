import { attr } from '@sandglass/schemas/semconv'
import { withTraceparent } from '../container/traceparent.ts'
import { readNumber, readText } from '../operations/read.ts'
import type { OpenSpan } from '../span-record.ts'
import { beginCall, endCall, failCall } from '../wrap/call.ts'
import { EventTail } from '../wrap/event-tail.ts'
import type { Admitted, CallPorts } from '../wrap/methods.ts'
import { watchStream } from '../wrap/watched-stream.ts'

/** What the last event of a stream says of how it went. */
function tellEnd(span: OpenSpan, event: unknown): void {
  const exitCode = readNumber(event, 'exitCode')
  span.set({ [attr.exitCode]: exitCode })
  if (exitCode !== undefined && exitCode !== 0) span.failWith(String(exitCode))
  if (readText(event, 'type') === 'error')
    span.failWith(readText(event, 'ename') ?? 'error', readText(event, 'evalue') ?? readText(event, 'error'))
}

/** Looks at what flows by. */
export interface StreamReader {
  add(chunk: unknown): void
  /** It ended, failed or was cancelled. */
  end(): void
}

/** A call whose answer is a stream: its span lasts as long as the stream. */
export async function callStream(
  ports: CallPorts,
  admitted: Admitted,
  reader?: StreamReader,
): Promise<unknown> {
  const { instrument } = ports
  const { operation, facts, args, invoke } = admitted
  const call = beginCall(instrument, ports.where(), operation, facts)
  const tail = operation.answer === 'events' ? new EventTail() : undefined
  let bytes = 0

  function end(): void {
    instrument.guard(() => reader?.end())
    call.span.set({ [attr.responseSize]: bytes })
    endCall(instrument, call, undefined)
  }

  const watcher = {
    onChunk(more: number, chunk: unknown) {
      bytes += more
      instrument.guard(() => {
        tail?.add(chunk)
        reader?.add(chunk)
      })
    },
    onEnd() {
      instrument.guard(() => tail && tellEnd(call.span, tail.last()))
      end()
    },
    onCancel: end,
  }
  try {
    const stream = await invoke(operation.isTraced === true ? withTraceparent(instrument, call, args) : args)
    if (stream instanceof ReadableStream)
      return instrument.guard(() => watchStream(stream, watcher)) ?? stream
    endCall(instrument, call, stream)
    return stream
  } catch (error) {
    failCall(call, error)
    throw error
  }
}
