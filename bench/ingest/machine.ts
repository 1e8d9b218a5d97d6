/** What a figure was measured on. */
import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'

const GIB = 1024 ** 3

export interface Machine {
  readonly cores: number
  readonly processor: string
  readonly memoryGib: number
  readonly kernel: string
  readonly node: string
  /** The commit that is checked out, with `-dirty` when files differ from it. */
  readonly commit: string
  /** Processes that ran or wanted to in the minute before: far above 0, others shared the machine. */
  readonly loadBefore: number
}

export const describeMachine = (): Machine => ({
  cores: availableParallelism(),
  processor: cpus()[0]?.model ?? 'unknown',
  memoryGib: Math.round(totalmem() / GIB),
  kernel: release(),
  node: process.version,
  commit: commit(),
  loadBefore: loadavg()[0] ?? 0,
})

function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      encoding: 'utf8',
      cwd: import.meta.dirname,
    }).trim()
  } catch {
    return 'unknown'
  }
}
