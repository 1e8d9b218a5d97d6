import { closeSync, constants, openSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'

import type { PipePaths } from './named-pipes.ts'

const { O_RDONLY, O_WRONLY, O_RDWR, O_NONBLOCK } = constants

function ignoreError(): void {
  // A broken pipe is the command's way of saying that it reads or writes no more.
}

function readEnd(path: string): Socket {
  const fd = openSync(path, O_RDONLY | O_NONBLOCK)
  return new Socket({ fd, readable: true, writable: false }).on('error', ignoreError)
}

/** The engine's ends of the standard streams of one command. */
export class CommandStreams {
  readonly paths: PipePaths
  readonly stdout: Socket
  readonly stderr: Socket
  #stdin: Socket | undefined
  /** Open both ways until the command has its end, so that neither side waits for the other to open. */
  #stdinHold: number | undefined

  constructor(paths: PipePaths) {
    this.paths = paths
    const [stdin, stdout, stderr] = paths
    this.#stdinHold = openSync(stdin, O_RDWR | O_NONBLOCK)
    this.stdout = readEnd(stdout)
    this.stderr = readEnd(stderr)
  }

  /** Once the command runs: the writing end of its standard input; undefined when it has closed it already. */
  openStdin(): Socket | undefined {
    try {
      const fd = openSync(this.paths[0], O_WRONLY | O_NONBLOCK)
      this.#stdin = new Socket({ fd, readable: false, writable: true }).on('error', ignoreError)
      return this.#stdin
    } catch {
      return undefined
    }
  }

  /** Once the command runs, or is known not to: without an open standard input it reads end of file. */
  release(): void {
    if (this.#stdinHold !== undefined) closeSync(this.#stdinHold)
    this.#stdinHold = undefined
    for (const path of this.paths) rmSync(path, { force: true })
  }

  close(): void {
    for (const stream of [this.#stdin, this.stdout, this.stderr]) stream?.destroy()
  }
}
