/** The log of all parts: one file in the data directory, one older file kept. */
import { createWriteStream, renameSync, statSync, type WriteStream } from 'node:fs'
import { join } from 'node:path'

export interface LogFile {
  readonly path: string
  readonly write: (line: string) => void
  close(): Promise<void>
}

const LOG_BYTES_MAX = 64 * 1024 * 1024

/** Continues the log of the data directory; one that has grown too large becomes `.1`. */
export function openLogFile(directory: string, verbose: boolean): LogFile {
  const path = join(directory, 'sandglass.log')
  if (sizeOf(path) > LOG_BYTES_MAX) renameSync(path, `${path}.1`)
  const stream: WriteStream = createWriteStream(path, { flags: 'a' })
  return {
    path,
    write: (line) => {
      stream.write(`${line}\n`)
      if (verbose) process.stderr.write(`${line}\n`)
    },
    close: () => new Promise((resolve) => stream.end(resolve)),
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
