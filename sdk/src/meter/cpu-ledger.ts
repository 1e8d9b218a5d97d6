/** CPU of one command, as far as it was sampled. */
export interface CommandCpu {
  readonly taskId: string | undefined
  seconds: number
  /** Another command ran beside it: only the sum is right. */
  shared: boolean
}

/** What was spent since it was last taken. */
export interface CpuSpent {
  readonly seconds: number
  /** Seconds by task; what no task caused is missing here. */
  readonly byTask: ReadonlyMap<string, number>
}

/** The commands that ran between the beginnings of two readings. */
export type Window = ReadonlySet<CommandCpu>

/** Who spent the CPU between two readings of a counter that only grows. */
export interface CpuLedger {
  begin(taskId: string | undefined): CommandCpu
  /** The command no longer runs; what is sampled next still counts for it. */
  end(command: CommandCpu): void
  /** A reading begins: what is booked for it belongs to the commands that ran until now. */
  open(): Window
  /** Books a reading; one that fell counts as nothing spent. */
  book(window: Window, cpuSeconds: number): void
  /** `tasksNow` share what no command caused. */
  take(tasksNow: readonly string[]): CpuSpent
  /** Begins at a reading of an earlier life. */
  resume(cpuSeconds: number): void
  readonly reading: number
}

export function createCpuLedger(): CpuLedger {
  const running = new Set<CommandCpu>()
  /** Ran at some time since the last reading began. */
  let seen = new Set<CommandCpu>()
  let reading = 0
  let byTask = new Map<string, number>()
  let unclaimed = 0
  let spent = 0

  function credit(taskId: string | undefined, seconds: number): void {
    if (taskId === undefined) unclaimed += seconds
    else byTask.set(taskId, (byTask.get(taskId) ?? 0) + seconds)
  }

  function distribute(seconds: number, window: Window): void {
    spent += seconds
    if (window.size === 0) return credit(undefined, seconds)
    for (const command of window) {
      command.seconds += seconds / window.size
      command.shared ||= window.size > 1
      credit(command.taskId, seconds / window.size)
    }
  }

  return {
    begin(taskId) {
      const command: CommandCpu = { taskId, seconds: 0, shared: false }
      running.add(command)
      seen.add(command)
      return command
    },
    end: (command) => void running.delete(command),
    open() {
      const window = seen
      seen = new Set(running)
      return window
    },
    book(window, cpuSeconds) {
      distribute(Math.max(0, cpuSeconds - reading), window)
      reading = cpuSeconds
    },
    take(tasksNow) {
      for (const taskId of tasksNow) credit(taskId, unclaimed / tasksNow.length)
      const taken = { seconds: spent, byTask }
      byTask = new Map()
      unclaimed = 0
      spent = 0
      return taken
    },
    resume(cpuSeconds) {
      reading = cpuSeconds
    },
    get reading() {
      return reading
    },
  }
}
