/** The collector as a child process, with the workers it may have. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { startChild, type Child } from './child.ts'

export interface Collector extends Child {
  /** Processes that accept requests. */
  readonly workers: number
  /** Process ids of its workers, dead ones as well; none when the collector is its only worker. */
  readonly workerPids: readonly number[]
}

const collectorModule = join(import.meta.dirname, 'collector-process.ts')
const WAIT_MS = 10

const startedSchema = z.object({ event: z.literal('startedWorker'), pid: z.int() })

/** `onLine` takes the lines of its log. */
export async function startCollector(
  config: { readonly workers: number },
  onLine: (line: string) => void,
): Promise<Collector> {
  const workerPids: number[] = []
  const child = await startChild(collectorModule, [JSON.stringify(config)], (line) => {
    onLine(line)
    if (!line.includes('"startedWorker"')) return
    const started = startedSchema.safeParse(JSON.parse(line))
    if (started.success) workerPids.push(started.data.pid)
  })
  return {
    ...child,
    workers: config.workers,
    workerPids,
    kill: async () => {
      await child.kill()
      // Workers end by themselves when their primary is gone, a moment later.
      while (workerPids.some(isAlive)) await sleep(WAIT_MS)
    },
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
