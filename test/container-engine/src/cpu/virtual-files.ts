import { availableParallelism, totalmem } from 'node:os'

import { TICKS_PER_SECOND } from './process-table.ts'
import type { CpuTicks } from './process-table.ts'

/** What the virtual files of one container are made of. */
export interface ContainerClock {
  readonly spent: CpuTicks
  /** Memory its processes hold, KiB; pages they share count for each. */
  readonly residentKib: number
  readonly startedAtMs: number
  readonly nowMs: number
}

const MICROSECONDS_PER_TICK = 1_000_000 / TICKS_PER_SECOND
const BYTES_PER_KIB = 1024
const NO_INTERRUPTS = 'intr 0\nctxt 0'

function cpuLine(name: string, spent: CpuTicks, idle: number): string {
  return `${name} ${spent.user} 0 ${spent.system} ${idle} 0 0 0 0 0 0`
}

/** An equal share of the whole for each processor; the first takes what does not divide. */
function share(total: number, cpus: number, index: number): number {
  return Math.floor(total / cpus) + (index === 0 ? total % cpus : 0)
}

/** /proc/stat as a machine of its own would show it: proc_stat(5). */
function renderStat({ spent, startedAtMs, nowMs }: ContainerClock): string {
  const cpus = availableParallelism()
  const lifetime = Math.floor(((nowMs - startedAtMs) / 1000) * TICKS_PER_SECOND) * cpus
  const idle = Math.max(0, lifetime - spent.user - spent.system)
  const lines = Array.from({ length: cpus }, (_, index) => {
    const ticks = { user: share(spent.user, cpus, index), system: share(spent.system, cpus, index) }
    return cpuLine(`cpu${index}`, ticks, share(idle, cpus, index))
  })
  const head = cpuLine('cpu ', spent, idle)
  return `${[head, ...lines].join('\n')}\n${NO_INTERRUPTS}\nbtime ${Math.floor(startedAtMs / 1000)}\n`
}

/** cpu.stat of a version 2 control group. */
function renderCpuStat({ spent }: ContainerClock): string {
  const [user, system] = [spent.user * MICROSECONDS_PER_TICK, spent.system * MICROSECONDS_PER_TICK]
  return `usage_usec ${user + system}\nuser_usec ${user}\nsystem_usec ${system}\n`
}

/** The machine's memory with only the container in it: proc_meminfo(5). */
function renderMeminfo({ residentKib }: ContainerClock): string {
  const totalKib = Math.floor(totalmem() / BYTES_PER_KIB)
  const freeKib = Math.max(0, totalKib - residentKib)
  const line = (name: string, kib: number): string => `${`${name}:`.padEnd(16)}${kib} kB\n`
  return line('MemTotal', totalKib) + line('MemFree', freeKib) + line('MemAvailable', freeKib)
}

/** Files that show the container instead of the host, by the path a command asks for. */
export const VIRTUAL_FILES: Readonly<Record<string, (clock: ContainerClock) => string>> = {
  '/proc/stat': renderStat,
  '/proc/meminfo': renderMeminfo,
  '/sys/fs/cgroup/cpu.stat': renderCpuStat,
}
