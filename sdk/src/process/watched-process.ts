import type { ExecProcessLike, OutputLike } from '../container/container-like.ts'
import type { Guard } from '../guard.ts'
import type { Clock } from '../ports.ts'
import { disguise, overlay } from '../wrap/overlay.ts'
import { watchStream } from '../wrap/watched-stream.ts'
import { createProcessLedger, type ProcessEnd, type StreamName } from './process-ledger.ts'

const SIGTERM = 15
const STREAMS: readonly StreamName[] = ['stdout', 'stderr']

export interface ProcessListeners {
  /** It exited, or nothing can be known of it any more. */
  readonly onExit: () => void
  /** It exited, and every stream that someone reads ended, was cancelled or failed. Called once. */
  readonly onEnd: (end: ProcessEnd) => void
}

/** The process itself in every respect, watched. */
export function watchProcess<P extends ExecProcessLike>(
  process: P,
  ports: { readonly guard: Guard; readonly clock: Clock },
  listeners: ProcessListeners,
): P {
  const { guard } = ports
  const streams: Partial<Record<StreamName, ReadableStream<unknown>>> = {}
  const ledger = createProcessLedger(
    ports,
    listeners,
    (name) => name === 'output' || streams[name]?.locked === true,
  )
  const bareOutput = Reflect.get(process, 'output')

  async function watchExit(): Promise<void> {
    try {
      ledger.exited({ code: await process.exitCode })
    } catch (error) {
      ledger.exited({ error })
    }
  }

  function show(name: StreamName): ReadableStream<unknown> | null {
    const source = process[name]
    if (source === null || source === undefined) return source
    return (streams[name] ??= guard(() => watch(name, source)) ?? source)
  }

  function watch(name: StreamName, source: ReadableStream<unknown>): ReadableStream<unknown> {
    return watchStream(source, {
      onChunk: (bytes) => ledger.read(name, bytes),
      onEnd: () => ledger.ended(name),
      onCancel: () => ledger.cancelled(name),
    })
  }

  /** A stream of ours that someone holds must refuse `output()` as one of the process's own would. */
  function lockWhatIsHeld(): void {
    for (const name of STREAMS) {
      const source = process[name]
      if (streams[name]?.locked === true && source?.locked === false) source.getReader()
    }
  }

  function takeOutput(): Promise<OutputLike> {
    guard(lockWhatIsHeld)
    ledger.opened('output')
    const result: Promise<OutputLike> = Reflect.apply(bareOutput, process, [])
    void watchOutput(result)
    return result
  }

  async function watchOutput(result: Promise<OutputLike>): Promise<void> {
    try {
      const { stdout, stderr } = await result
      ledger.read('stdout', stdout.byteLength)
      ledger.read('stderr', stderr.byteLength)
    } catch {
      // the caller holds the same promise
    }
    ledger.ended('output')
  }

  let shownOutput: unknown
  let shownKill: unknown

  function showOutput(): unknown {
    return (shownOutput ??= disguise(function output(this: unknown, ...args: unknown[]): unknown {
      return this === proxy ? takeOutput() : Reflect.apply(bareOutput, this, args)
    }, bareOutput))
  }

  function showKill(): unknown {
    const bareKill = Reflect.get(process, 'kill')
    return (shownKill ??= disguise(function kill(this: unknown, ...args: unknown[]): unknown {
      const result: unknown = Reflect.apply(bareKill, this === proxy ? process : this, args)
      ledger.killed(typeof args[0] === 'number' ? args[0] : SIGTERM)
      return result
    }, bareKill))
  }

  const proxy: P = overlay(process, {
    stdout: () => show('stdout'),
    stderr: () => show('stderr'),
    output: showOutput,
    kill: showKill,
  })
  void watchExit()
  return proxy
}
