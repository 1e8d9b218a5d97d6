import type { Duplex } from 'node:stream'

import type { InitClient, SpawnResult } from '../init/init-client.ts'
import type { SpawnRequest } from '../init/messages.ts'
import { sendSignal } from '../signals.ts'
import { CommandStreams } from './command-streams.ts'
import type { NamedPipes } from './named-pipes.ts'
import { OutputFrames } from './output-frames.ts'

export type ExecRequest = Omit<SpawnRequest, 'type' | 'id' | 'stdio'>

/** What a shell and Docker answer for a command that could not be run, by the system's error code. */
const NOT_FOUND = { exitCode: 127, text: 'executable file not found in $PATH' }
const NOT_RUN_EXIT_CODE = 126

/** A background child may hold the output open for ever: the stream ends after this long without any, milliseconds. */
const LINGER_MS = 200

/** One command in a container: created, started at most once, looked at until the container goes. */
export class Exec {
  readonly id: string
  readonly request: ExecRequest
  /** 0 until it runs, and for ever when it never did. */
  pid = 0
  /** Undefined until it has exited. */
  exitCode: number | undefined
  #started = false

  constructor(id: string, request: ExecRequest) {
    this.id = id
    this.request = request
  }

  get running(): boolean {
    return this.#started && this.exitCode === undefined
  }

  /**
   * Runs the command; resolves once it runs or is known not to. `pump` then carries its streams over `attach`, and
   * ends that after the exit code is known.
   */
  async start(init: InitClient, pipes: NamedPipes): Promise<(attach?: Duplex) => Promise<void>> {
    this.#started = true
    const streams = new CommandStreams(await pipes.take())
    const result = await init.spawn({ ...this.request, id: this.id, stdio: streams.paths })
    if (result.started) this.pid = result.pid
    else this.exitCode = result.code === 'ENOENT' ? NOT_FOUND.exitCode : NOT_RUN_EXIT_CODE
    return (attach) => this.#pump(streams, result, attach)
  }

  /** For a command that the engine carries out itself. */
  finish(exitCode: number): void {
    this.#started = true
    this.exitCode = exitCode
  }

  /** Signals the command and everything it left in its process group; false when nothing is left. */
  signal(signal: NodeJS.Signals): boolean {
    return this.pid > 0 && sendSignal(-this.pid, signal)
  }

  async #pump(streams: CommandStreams, result: SpawnResult, attach: Duplex | undefined): Promise<void> {
    const frames = new OutputFrames(attach)
    feed(streams, result.started ? attach : undefined)
    if (!result.started) frames.write('stderr', Buffer.from(this.#refusal(result.code, result.reason)))
    const read = Promise.all([frames.carry('stdout', streams.stdout), frames.carry('stderr', streams.stderr)])
    if (result.started) this.exitCode = await result.exited
    await Promise.race([read, frames.quietFor(LINGER_MS)])
    frames.end()
    streams.close()
  }

  #refusal(code: string, reason: string): string {
    if (code === 'ENOTDIR') return `cannot run in "${this.request.cwd}": ${reason}\n`
    return `cannot run "${this.request.argv[0]}": ${code === 'ENOENT' ? NOT_FOUND.text : reason}\n`
  }
}

function feed(streams: CommandStreams, source: Duplex | undefined): void {
  const stdin = source === undefined ? undefined : streams.openStdin()
  if (stdin === undefined) source?.resume()
  else source?.pipe(stdin)
  streams.release()
}
