/** CPU time and memory of a process with all its descendants, from /proc. Linux only. */
import { readFileSync, readdirSync } from 'node:fs'

/** Clock ticks a second in /proc, fixed by the kernel's interface. */
export const TICKS_PER_SECOND = 100

const KIB_PER_MIB = 1024

/** Fields of /proc/<pid>/stat, counted behind the closing bracket of the command. */
const USER_TICKS = 11
const SYSTEM_TICKS = 12

/** User and system time, seconds, in steps of 10 ms. Children that have ended are not in it. */
export const cpuSecondsOf = (pid: number): number =>
  sum(treeOf(pid).map((member) => ticksOf(member) / TICKS_PER_SECOND))

/** Resident memory now, MiB. */
export const rssMbOf = (pid: number): number => sum(treeOf(pid).map((member) => statusMbOf(member, 'VmRSS')))

/** The sum of each process's own largest resident memory since it started, MiB. */
export const rssMbMaxOf = (pid: number): number =>
  sum(treeOf(pid).map((member) => statusMbOf(member, 'VmHWM')))

function treeOf(pid: number): readonly number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)]
}

function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
}

function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS])
}

function statusMbOf(pid: number, name: 'VmRSS' | 'VmHWM'): number {
  const kib = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib ?? 0) / KIB_PER_MIB
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
