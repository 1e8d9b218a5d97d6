import type { ContainerLike } from '../container/container-like.ts'

/** Counters of one container, running since it started. */
export interface Counters {
  readonly cpuSeconds: number
  /** Bytes in use now. */
  readonly memoryBytes: number | undefined
}

/** Undefined when they cannot be read, e.g. because the container is gone. Never rejects. */
export type ReadCounters = () => Promise<Counters | undefined>

/**
 * The control group's account first, then the machine's: each instance is a machine of its own. A file that is not
 * there is left out.
 */
const COMMAND = ['cat', '/sys/fs/cgroup/cpu.stat', '/proc/stat', '/proc/meminfo']

const US_PER_S = 1_000_000
/** USER_HZ: proc_stat(5). */
const TICKS_PER_S = 100
const BYTES_PER_KIB = 1024

const numberAfter = (text: string, pattern: RegExp): number | undefined => {
  const found = pattern.exec(text)?.[1]
  return found === undefined ? undefined : Number(found)
}

/** User, nice, system, irq, softirq and steal-free: what the machine worked. */
function machineSeconds(text: string): number | undefined {
  const fields = /^cpu +(.+)$/m.exec(text)?.[1]?.trim().split(/ +/).map(Number)
  if (fields === undefined) return undefined
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = fields
  return (user + nice + system + irq + softirq) / TICKS_PER_S
}

export function parseCounters(text: string): Counters | undefined {
  const groupUs = numberAfter(text, /^usage_usec (\d+)$/m)
  const cpuSeconds = groupUs === undefined ? machineSeconds(text) : groupUs / US_PER_S
  if (cpuSeconds === undefined || !Number.isFinite(cpuSeconds)) return undefined
  const total = numberAfter(text, /^MemTotal: +(\d+) kB$/m)
  const available = numberAfter(text, /^MemAvailable: +(\d+) kB$/m)
  const isKnown = total !== undefined && available !== undefined
  return { cpuSeconds, memoryBytes: isKnown ? (total - available) * BYTES_PER_KIB : undefined }
}

/** Reads them with a command of its own in the container, on the bare `ctx.container`. */
export function countersOf(container: ContainerLike): ReadCounters {
  return async () => {
    try {
      const process = await container.exec(COMMAND, { stdout: 'pipe', stderr: 'ignore' })
      const { stdout } = await process.output()
      return parseCounters(new TextDecoder().decode(stdout))
    } catch {
      return undefined
    }
  }
}
