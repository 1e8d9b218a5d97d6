import { readFileSync, readdirSync } from 'node:fs'

/** CPU time in clock ticks of 1/100 s. */
export interface CpuTicks {
  readonly user: number
  readonly system: number
}

/** One line of the kernel's process table. */
export interface ProcessRow {
  readonly pid: number
  readonly parentPid: number
  /** Ended, and kept by the kernel until its parent takes notice. */
  readonly zombie: boolean
  /** When it started, in ticks since the host did: with the pid, its identity. */
  readonly startTick: number
  readonly own: CpuTicks
  /** Of children it waited for, and of those they waited for. */
  readonly reaped: CpuTicks
}

/** Ticks per second in `/proc`: USER_HZ, fixed by the kernel's user interface on every Linux. */
export const TICKS_PER_SECOND = 100

/** Positions in /proc/<pid>/stat counted after the command name: proc_pid_stat(5). */
const FIELD = { parentPid: 1, utime: 11, stime: 12, cutime: 13, cstime: 14, startTick: 19 } as const

function parseStat(pid: number, text: string): ProcessRow {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const field = (name: keyof typeof FIELD): number => Number(fields[FIELD[name]])
  return {
    pid,
    parentPid: field('parentPid'),
    zombie: fields[0] === 'Z' || fields[0] === 'X',
    startTick: field('startTick'),
    own: { user: field('utime'), system: field('stime') },
    reaped: { user: field('cutime'), system: field('cstime') },
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Undefined when the process is gone. */
export function readProcess(pid: number): ProcessRow | undefined {
  const text = readText(`/proc/${pid}/stat`)
  return text === undefined ? undefined : parseStat(pid, text)
}

export function readProcesses(): Map<number, ProcessRow> {
  const table = new Map<number, ProcessRow>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    const row = Number.isInteger(pid) ? readProcess(pid) : undefined
    if (row !== undefined) table.set(pid, row)
  }
  return table
}

/** Memory the process holds, KiB; 0 when it is gone. */
export function residentKib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1] ?? 0)
}

/** Whether the process was started with `name=value` in its environment; false when it may not be read. */
export function hasEnvironment(pid: number, name: string, value: string): boolean {
  return (readText(`/proc/${pid}/environ`) ?? '').split('\0').includes(`${name}=${value}`)
}
