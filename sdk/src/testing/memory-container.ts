import type { ExecOptionsLike, ExecProcessLike, OutputLike } from '../container/container-like.ts'

/** What a command in memory does. */
export interface MemoryCommand {
  readonly stdout?: string
  readonly stderr?: string
  readonly exitCode?: number
  /** Resolves when it exits; at once when absent. */
  readonly until?: Promise<unknown>
}

export interface MemoryContainer {
  running: boolean
  /** Commands as they were called, those of the SDK itself included. */
  readonly calls: { readonly command: readonly string[]; readonly options: ExecOptionsLike | undefined }[]
  start(): void
  exec(command: string[], options?: ExecOptionsLike): Promise<ExecProcessLike>
  destroy(): Promise<void>
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

function streamOf(text: string, until: Promise<unknown>): ReadableStream {
  return new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      if (text !== '') controller.enqueue(bytesOf(text))
      await until
      controller.close()
    },
  })
}

class MemoryProcess implements ExecProcessLike {
  readonly pid: number
  readonly stdout: ReadableStream
  readonly stderr: ReadableStream
  readonly exitCode: Promise<number>
  readonly #command: MemoryCommand
  #kill: (code: number) => void = () => {}

  constructor(command: MemoryCommand, pid: number) {
    const until = command.until ?? Promise.resolve()
    const killed = new Promise<number>((resolve) => (this.#kill = resolve))
    const exited = until.then(() => command.exitCode ?? 0)
    this.pid = pid
    this.exitCode = Promise.race([exited, killed])
    this.stdout = streamOf(command.stdout ?? '', this.exitCode)
    this.stderr = streamOf(command.stderr ?? '', this.exitCode)
    this.#command = command
  }

  async output(): Promise<OutputLike> {
    if (this.stdout.locked) throw new TypeError('stdout was read')
    const exitCode = await this.exitCode
    const { stdout = '', stderr = '' } = this.#command
    return { stdout: bytesOf(stdout).buffer, stderr: bytesOf(stderr).buffer, exitCode }
  }

  kill(signal = 15): void {
    this.#kill(128 + signal)
  }
}

/** A container in this process: for the mechanics, where no real one is needed. */
export function createMemoryContainer(
  commands: (command: readonly string[]) => MemoryCommand = () => ({}),
): MemoryContainer {
  const calls: MemoryContainer['calls'] = []
  return {
    running: false,
    calls,
    start() {
      this.running = true
    },
    exec(command, options) {
      calls.push({ command, options })
      return Promise.resolve(new MemoryProcess(commands(command), calls.length))
    },
    destroy() {
      this.running = false
      return Promise.resolve()
    },
  }
}

/** What `cat` of the counters prints after `seconds` of CPU. */
export const counters = (seconds: number): MemoryCommand => ({
  stdout: `usage_usec ${Math.round(seconds * 1e6)}\ncpu  0 0 0 0\nMemTotal: 1000 kB\nMemAvailable: 400 kB\n`,
})
