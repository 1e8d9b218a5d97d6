import { readMembers } from '../container/members.ts'
import { TICKS_PER_SECOND, readProcess, residentKib } from './process-table.ts'
import type { CpuTicks, ProcessRow } from './process-table.ts'

const ZERO: CpuTicks = { user: 0, system: 0 }

function sum(parts: Iterable<CpuTicks>): CpuTicks {
  let [user, system] = [0, 0]
  for (const part of parts) {
    user += part.user
    system += part.system
  }
  return { user, system }
}

function highest(a: CpuTicks, b: CpuTicks): CpuTicks {
  return { user: Math.max(a.user, b.user), system: Math.max(a.system, b.system) }
}

function spentBy(row: ProcessRow): CpuTicks {
  return sum([row.own, row.reaped])
}

/**
 * What one container has spent since it started: what its init reaped, what lives, and what its orphans had spent
 * when they were last seen. Init's own work is the engine's and is left out. The total never falls.
 */
export class CpuAccount {
  readonly #containerId: string
  readonly #initPid: number
  #orphans = new Map<string, CpuTicks>()
  #retired = ZERO
  #total = ZERO

  constructor(containerId: string, initPid: number) {
    this.#containerId = containerId
    this.#initPid = initPid
  }

  get seconds(): number {
    return (this.#total.user + this.#total.system) / TICKS_PER_SECOND
  }

  /** Whether a process lives whose time is known only while it is watched. */
  get hasOrphans(): boolean {
    return this.#orphans.size > 0
  }

  /** Reads the kernel's counters: parents before children, so that nothing is ever counted twice. */
  sample(): CpuTicks {
    const init = readProcess(this.#initPid)
    if (init === undefined) return this.#total
    const { descendants, orphans } = readMembers(this.#containerId, this.#initPid)
    this.#watch(orphans)
    const living = [...descendants, ...orphans].map(spentBy)
    this.#total = highest(this.#total, sum([init.reaped, this.#retired, ...living]))
    return this.#total
  }

  /** Memory the container's processes hold now, KiB. */
  residentKib(): number {
    const { descendants, orphans } = readMembers(this.#containerId, this.#initPid)
    return [...descendants, ...orphans].reduce((kib, { pid }) => kib + residentKib(pid), 0)
  }

  #watch(orphans: readonly ProcessRow[]): void {
    const now = new Map(orphans.map((row) => [`${row.pid}@${row.startTick}`, spentBy(row)]))
    const gone = [...this.#orphans].filter(([key]) => !now.has(key)).map(([, ticks]) => ticks)
    this.#retired = sum([this.#retired, ...gone])
    this.#orphans = now
  }
}
