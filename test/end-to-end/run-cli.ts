/** Runs the sandglass command as a person would, and returns all it printed. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'

export interface CliResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024
const launcher = join(import.meta.dirname, '..', '..', 'cli', 'bin', 'sandglass.js')

export function runCli(...args: readonly string[]): Promise<CliResult> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [launcher, ...args],
      { maxBuffer: OUTPUT_BYTES_MAX, env: { ...process.env, NO_COLOR: '1' } },
      (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
        resolve({ exitCode, stdout, stderr })
      },
    )
  })
}
