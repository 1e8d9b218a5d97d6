import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'

export type ProcessStatus = 'running' | 'completed' | 'failed' | 'killed' | 'error'

export interface ProcessListener {
  onOutput(stream: 'stdout' | 'stderr', text: string): void
  onEnd(): void
}

interface ProcessStart {
  readonly id: string
  /** As it was asked for. */
  readonly command: string
  /** As the host runs it. */
  readonly line: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly output: (text: string) => string
}

/** A command in a process group of its own, whose output is kept. */
export class BackgroundProcess {
  readonly id: string
  readonly command: string
  readonly startTime = new Date()
  endTime: Date | undefined
  exitCode: number | undefined
  status: ProcessStatus = 'running'
  readonly logs = { stdout: '', stderr: '' }
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  readonly #listeners = new Set<ProcessListener>()
  #wasKilled = false

  constructor({ id, command, line, cwd, env, output }: ProcessStart) {
    this.id = id
    this.command = command
    this.#child = spawn('bash', ['-c', line], {
      cwd,
      env: { ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    for (const name of ['stdout', 'stderr'] as const) {
      this.#child[name]?.setEncoding('utf8').on('data', (text: string) => this.#keep(name, output(text)))
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    this.#child.on('error', () => this.#end(undefined, 'error'))
    this.#child.on('close', (code, signal) => {
      const exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal])
      this.#end(exitCode, exitCode === 0 ? 'completed' : 'failed')
    })
    this.#listeners.add({ onOutput() {}, onEnd: resolve })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get isRunning(): boolean {
    return this.status === 'running'
  }

  /** Adds a listener, which first hears what was said before; returns what takes it away. */
  listen(listener: ProcessListener): () => void {
    for (const name of ['stdout', 'stderr'] as const) {
      if (this.logs[name] !== '') listener.onOutput(name, this.logs[name])
    }
    if (!this.isRunning) listener.onEnd()
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async kill(): Promise<void> {
    if (!this.isRunning || this.pid === undefined) return
    this.#wasKilled = true
    process.kill(-this.pid, 'SIGTERM')
    const timer = setTimeout(() => this.isRunning && process.kill(-(this.pid ?? 0), 'SIGKILL'), 5_000)
    await this.ended
    clearTimeout(timer)
  }

  describe(): Readonly<Record<string, unknown>> {
    const { id, pid, command, status, exitCode } = this
    return {
      id,
      pid,
      command,
      status,
      startTime: this.startTime.toISOString(),
      endTime: this.endTime?.toISOString(),
      exitCode,
    }
  }

  #keep(name: 'stdout' | 'stderr', text: string): void {
    this.logs[name] += text
    for (const listener of this.#listeners) listener.onOutput(name, text)
  }

  #end(exitCode: number | undefined, status: ProcessStatus): void {
    if (!this.isRunning) return
    this.endTime = new Date()
    this.exitCode = exitCode
    this.status = this.#wasKilled ? 'killed' : status
    for (const listener of this.#listeners) listener.onEnd()
  }
}
