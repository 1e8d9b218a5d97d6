/** CPU time of the whole machine, to see what others took of it while something was measured. Linux only. */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { cpuSecondsOf, TICKS_PER_SECOND } from './process-tree.ts'

/** Of the first line of /proc/stat: user, nice, system, and what the hypervisor gave to other machines. */
const BUSY_FIELDS = [0, 1, 2, 7]

function busySeconds(): number {
  const fields = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]?.split(' ').map(Number) ?? []
  return BUSY_FIELDS.reduce((sum, field) => sum + (fields[field] ?? 0), 0) / TICKS_PER_SECOND
}

/**
 * Starts to watch; the answer is the share of all cores, 0 to 1, that processes other than `ours` and this one have taken since.
 */
export function watchOthers(ours: readonly number[]): () => number {
  const mine = (): number =>
    ours.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0) + process.cpuUsage().user / 1e6
  const startedMs = performance.now()
  const [busyBefore, mineBefore] = [busySeconds(), mine()]
  return () => {
    const coreSeconds = (availableParallelism() * (performance.now() - startedMs)) / 1000
    return Math.max(0, busySeconds() - busyBefore - (mine() - mineBefore)) / coreSeconds
  }
}
