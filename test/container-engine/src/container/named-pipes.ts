import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export type PipePaths = readonly [stdin: string, stdout: string, stderr: string]

/** Commands served by one call of mkfifo(1): Node cannot make named pipes, and a process per command is dear. */
const BATCH_COMMANDS = 16

/**
 * Named pipes for the standard streams of commands. Real pipes, not the socket pairs of `child_process`: a program
 * may then open /dev/stdout and /dev/stderr as it may in a container.
 */
export class NamedPipes {
  readonly #directory: string
  #made = 0
  #free: PipePaths[] = []
  #refill: Promise<void> | undefined

  constructor(directory: string) {
    this.#directory = directory
  }

  async take(): Promise<PipePaths> {
    for (;;) {
      const paths = this.#free.pop()
      if (paths !== undefined) return paths
      this.#refill ??= this.#make().finally(() => (this.#refill = undefined))
      await this.#refill
    }
  }

  async #make(): Promise<void> {
    const path = (name: string, index: number): string =>
      join(this.#directory, `${this.#made + index}.${name}`)
    const batch = Array.from({ length: BATCH_COMMANDS }, (_, index): PipePaths => [
      path('stdin', index),
      path('stdout', index),
      path('stderr', index),
    ])
    this.#made += BATCH_COMMANDS
    await run('mkfifo', batch.flat())
    this.#free.push(...batch)
  }
}
