import { setTimeout as sleep } from 'node:timers/promises'

import { hasEnvironment, readProcess, readProcesses } from '../cpu/process-table.ts'
import type { ProcessRow } from '../cpu/process-table.ts'
import { CONTAINER_MARK } from '../init/messages.ts'
import { sendSignal } from '../signals.ts'

/** The processes of one container besides its init. */
export interface Members {
  /** Descendants of init, parents before children: what they spend ends up in init's account. */
  readonly descendants: readonly ProcessRow[]
  /** Processes whose parent died before them: the kernel gave them away, so nobody here reaps them. */
  readonly orphans: readonly ProcessRow[]
}

const SWEEP_PAUSE_MS = 5
/** A process in uninterruptible sleep cannot be killed; after this many rounds it is left to the kernel. */
const SWEEP_ROUNDS_MAX = 400

function childrenByParent(table: ReadonlyMap<number, ProcessRow>): Map<number, number[]> {
  return Map.groupBy(table.keys(), (pid) => table.get(pid)?.parentPid ?? 0)
}

function walk(roots: readonly number[], children: ReadonlyMap<number, readonly number[]>): number[] {
  const order = [...roots]
  for (const pid of order) order.push(...(children.get(pid) ?? []))
  return order
}

/**
 * Reads the container's processes. Each row is read again after its parent's: a child that is reaped in between is
 * missed for this once, never counted twice.
 */
export function readMembers(containerId: string, initPid: number): Members {
  const table = readProcesses()
  const children = childrenByParent(table)
  const inTree = walk(children.get(initPid) ?? [], children)
  const known = new Set([initPid, ...inTree])
  const bornTick = table.get(initPid)?.startTick ?? 0
  const strays = [...table.values()]
    .filter((row) => !known.has(row.pid) && row.startTick >= bornTick)
    .filter((row) => hasEnvironment(row.pid, CONTAINER_MARK, containerId))
  return { descendants: reread(inTree), orphans: reread(strays.map((row) => row.pid)) }
}

function reread(pids: readonly number[]): ProcessRow[] {
  return pids.map(readProcess).filter((row) => row !== undefined)
}

/** Kills everything in the container but its init, however far it strayed, and returns when it is gone. */
export async function endMembers(containerId: string, initPid: number): Promise<void> {
  for (let round = 0; round < SWEEP_ROUNDS_MAX; round += 1) {
    const { descendants, orphans } = readMembers(containerId, initPid)
    const alive = [...descendants, ...orphans].filter((row) => !row.zombie)
    if (alive.length === 0) return
    for (const row of alive) sendSignal(row.pid, 'SIGKILL')
    await sleep(SWEEP_PAUSE_MS)
  }
}
