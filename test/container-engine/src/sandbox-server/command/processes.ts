import { randomUUID } from 'node:crypto'

import type { ContainerPaths } from '../files/container-paths.ts'
import type { Body } from '../protocol/body.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import { BackgroundProcess } from './background-process.ts'
import type { Sessions } from './sessions.ts'

/** The background processes of one container, those that ended included. */
export class Processes {
  readonly #paths: ContainerPaths
  readonly #sessions: Sessions
  readonly #known = new Map<string, BackgroundProcess>()

  constructor(paths: ContainerPaths, sessions: Sessions) {
    this.#paths = paths
    this.#sessions = sessions
  }

  /** Starts a command where its session is, with the session's variables. */
  async start(body: Body): Promise<BackgroundProcess> {
    const command = body.required('command')
    const id = body.text('processId') ?? `proc_${randomUUID().slice(0, 13)}`
    const state = await this.#sessions.with(body.text('sessionId'), (shell) => shell.state())
    const cwd = body.text('cwd')
    const started = new BackgroundProcess({
      id,
      command,
      line: this.#paths.command(command),
      cwd: cwd === undefined ? state.cwd : this.#paths.host(cwd),
      env: { ...state.env, ...body.record('env') },
      output: (text) => this.#paths.output(text),
    })
    this.#known.set(id, started)
    return started
  }

  all(): BackgroundProcess[] {
    return [...this.#known.values()]
  }

  /** @throws PROCESS_NOT_FOUND */
  find(id: string): BackgroundProcess {
    const found = this.#known.get(id)
    if (found === undefined)
      throw new ProtocolError('PROCESS_NOT_FOUND', `Process ${id} not found`, { processId: id })
    return found
  }

  /** How many of them ran. */
  async killAll(): Promise<number> {
    const running = this.all().filter(({ isRunning }) => isRunning)
    await Promise.all(running.map((one) => one.kill()))
    return running.length
  }
}
