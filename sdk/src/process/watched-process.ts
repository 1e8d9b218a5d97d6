import { attr } from '@sandglass/schemas/semconv'
import type { ExecProcessLike, OutputLike } from '../container/container-like.ts'
import type { Facts } from '../facts.ts'
import type { Guard } from '../guard.ts'
import type { Clock } from '../ports.ts'
import { disguise, overlay } from '../wrap/overlay.ts'
import { watchStream } from '../wrap/watched-stream.ts'

/** How a process ended, as far as its wrapper saw. */
export interface ProcessEnd {
  readonly facts: Facts
  /** What rejected its exit code, when nothing could be known of how it ended. */
  readonly error?: unknown
  readonly exitCode: number | undefined
}

/** After a process exited, a stream read half-way keeps its span open no longer than this, milliseconds. */
const STREAM_GRACE_MS = 10_000

type StreamName = 'stdout' | 'stderr'

/**
 * The process itself, watched: `onExit` is called when it exits, `onEnd` once when it exited and every stream read
 * from it ended, was cancelled or failed.
 */
export function watchProcess<P extends ExecProcessLike>(
  process: P,
  ports: { readonly guard: Guard; readonly clock: Clock },
  listeners: { readonly onExit: () => void; readonly onEnd: (end: ProcessEnd) => void },
): P {
  const { guard } = ports
  const sizes: Record<StreamName, number | undefined> = { stdout: undefined, stderr: undefined }
  const reading = new Set<StreamName | 'output'>()
  const streams: Partial<Record<StreamName, ReadableStream<unknown>>> = {}
  let killedBy: number | undefined
  let exit: { readonly code?: number; readonly error?: unknown } | undefined
  let ended = false

  function end(): void {
    if (ended || exit === undefined) return
    ended = true
    const facts = {
      [attr.exitCode]: exit.code,
      [attr.stdoutSize]: sizes.stdout,
      [attr.stderrSize]: sizes.stderr,
      [attr.killSignal]: killedBy,
    }
    listeners.onEnd({ facts, error: exit.error, exitCode: exit.code })
  }

  function endIfDone(): void {
    if (exit !== undefined && reading.size === 0) end()
  }

  function onExit(known: { readonly code?: number; readonly error?: unknown }): void {
    guard(listeners.onExit)
    exit = known
    endIfDone()
    if (!ended) guard(() => ports.clock.schedule(() => guard(end), STREAM_GRACE_MS))
  }

  function show(name: StreamName, target: P): ReadableStream<unknown> | null {
    const source = target[name]
    if (source === null || source === undefined) return source
    return (streams[name] ??= guard(() => watch(name, source)) ?? source)
  }

  function watch(name: StreamName, source: ReadableStream<unknown>): ReadableStream<unknown> {
    return watchStream(source, {
      onChunk(bytes) {
        reading.add(name)
        sizes[name] = (sizes[name] ?? 0) + bytes
      },
      onEnd() {
        reading.delete(name)
        guard(endIfDone)
      },
    })
  }

  /** A stream of ours that someone holds must refuse `output()` as one of the process's own would. */
  function lockWhatIsHeld(target: P): void {
    for (const name of ['stdout', 'stderr'] as const) {
      const source = target[name]
      if (streams[name]?.locked === true && source?.locked === false) source.getReader()
    }
  }

  function output(target: P): Promise<OutputLike> {
    guard(() => lockWhatIsHeld(target))
    const result = target.output()
    reading.add('output')
    void watchOutput(result)
    return result
  }

  async function watchOutput(result: Promise<OutputLike>): Promise<void> {
    try {
      const { stdout, stderr } = await result
      sizes.stdout = stdout.byteLength
      sizes.stderr = stderr.byteLength
    } catch {
      // the caller holds the same promise
    }
    reading.delete('output')
    guard(endIfDone)
  }

  async function watchExit(): Promise<void> {
    try {
      onExit({ code: await process.exitCode })
    } catch (error) {
      onExit({ error })
    }
  }

  void watchExit()
  const methods = {
    output: disguise(() => output(process), Reflect.get(process, 'output')),
    kill: disguise(
      (...args: [signal?: number]) => {
        process.kill(...args)
        killedBy = args[0] ?? SIGTERM
      },
      Reflect.get(process, 'kill'),
    ),
  }
  return overlay(process, {
    stdout: (target) => show('stdout', target),
    stderr: (target) => show('stderr', target),
    output: () => methods.output,
    kill: () => methods.kill,
  })
}

const SIGTERM = 15
