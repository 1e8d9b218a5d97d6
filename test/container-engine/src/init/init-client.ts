import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { exitCodeOfSignal } from '../signals.ts'
import { CONTAINER_DIRECTORY, CONTAINER_MARK } from './messages.ts'
import type { InitReply, SpawnRequest } from './messages.ts'

const INIT_PROGRAM = fileURLToPath(new URL('init.ts', import.meta.url))

/** How long a new init process may take to answer before the container counts as failed, milliseconds. */
const READY_TIMEOUT_MS = 30_000

export type SpawnResult =
  | { readonly started: true; readonly pid: number; readonly exited: Promise<number> }
  | { readonly started: false; readonly code: string; readonly reason: string }

/** One command as init's replies tell of it. */
class Spawning {
  readonly result: Promise<SpawnResult>
  readonly #exited = Promise.withResolvers<number>()
  readonly #settle: (result: SpawnResult) => void

  constructor() {
    const { promise, resolve } = Promise.withResolvers<SpawnResult>()
    this.result = promise
    this.#settle = resolve
  }

  started(pid: number): void {
    this.#settle({ started: true, pid, exited: this.#exited.promise })
  }

  refused(code: string, reason: string): void {
    this.#settle({ started: false, code, reason })
  }

  exited(exitCode: number): void {
    this.#exited.resolve(exitCode)
  }
}

/** The engine's side of one container's init process. */
export class InitClient {
  readonly pid: number
  /** Resolves once init is gone, for whatever reason. */
  readonly gone: Promise<void>
  readonly #child: ChildProcess
  readonly #commands = new Map<string, Spawning>()

  private constructor(child: ChildProcess, pid: number) {
    this.#child = child
    this.pid = pid
    this.gone = once(child, 'exit').then(() => this.#abandon())
    child.on('message', (reply: InitReply) => this.#hear(reply))
  }

  /** @throws when the process cannot be started or does not answer within 30 s. */
  static async start(containerId: string, directory: string, env: NodeJS.ProcessEnv): Promise<InitClient> {
    const child = fork(INIT_PROGRAM, {
      detached: true,
      execArgv: ['--no-warnings'],
      env: { ...env, [CONTAINER_MARK]: containerId, [CONTAINER_DIRECTORY]: directory },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    await once(child, 'message', { signal: AbortSignal.timeout(READY_TIMEOUT_MS) })
    if (child.pid === undefined) throw new Error(`init of container ${containerId} did not start`)
    return new InitClient(child, child.pid)
  }

  spawn(request: Omit<SpawnRequest, 'type'>): Promise<SpawnResult> {
    const command = new Spawning()
    this.#commands.set(request.id, command)
    if (this.#child.connected) this.#child.send({ ...request, type: 'spawn' }, () => {})
    else this.#abandon()
    return command.result
  }

  /** Ends init itself; the members of its container must be gone by then. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.gone
  }

  #hear(reply: InitReply): void {
    if (reply.type === 'ready') return
    const command = this.#commands.get(reply.id)
    if (reply.type === 'spawned') command?.started(reply.pid)
    else this.#commands.delete(reply.id)
    if (reply.type === 'refused') command?.refused(reply.code, reply.reason)
    if (reply.type === 'exited') command?.exited(reply.exitCode)
  }

  #abandon(): void {
    for (const command of this.#commands.values()) {
      command.refused('ESRCH', 'the container has ended')
      command.exited(exitCodeOfSignal('SIGKILL'))
    }
    this.#commands.clear()
  }
}
