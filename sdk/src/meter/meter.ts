import { attr, event } from '@sandglass/schemas/semconv'
import type { Facts } from '../facts.ts'
import { emitEvent, type Instrument, type Where } from '../instrument.ts'
import { createActivity, type Activity, type ActivityKind, type Seconds } from './activity.ts'
import type { Counters, ReadCounters } from './counters.ts'
import { createCpuLedger, type CommandCpu, type CpuSpent, type Window } from './cpu-ledger.ts'
import { commonFacts, type RunningTask } from '../lineage/running-tasks.ts'
import type { InstanceSize } from './instance-sizes.ts'
import { createSampler } from './sampler.ts'
import type { MeterState } from './meter-state.ts'

export interface MeterPorts {
  readonly instrument: Instrument
  readonly where: () => Where
  readonly read: ReadCounters
  readonly readDisk: () => Promise<number | undefined>
  readonly size: InstanceSize | undefined
  /** Tasks that ran since the last call: they pay for what no command of theirs caused. */
  readonly takeTasks: () => readonly RunningTask[]
  readonly save: (state: MeterState) => void
  /** The counters began anew without our doing: the container was restarted. */
  readonly onRestart: () => void
}

/** A command being metered. */
export interface MeteredCommand {
  /** Ends it; resolves with what it spent, as far as could be read. */
  end(): Promise<CommandCpu>
}

export interface Meter {
  readonly isRunning: boolean
  /** Begins at a container start, or resumes what an earlier isolate had metered. */
  begin(from: MeterState | undefined): void
  /** `kind` is what its seconds count as. */
  command(taskId: string | undefined, kind: ActivityKind): MeteredCommand
  enter(kind: ActivityKind): () => void
  /** Reads the counters without ending the interval. Never rejects. */
  sample(): Promise<unknown>
  /** Ends the interval now. Never rejects. */
  measure(): Promise<void>
  /** Ends the last interval by what was read so far, at once: another container begins. */
  cut(): void
  /** The container was to end, and did not: its interval goes on. */
  resume(): void
  /** Ends the last interval; nothing is metered until the next `begin`. */
  stop(): Promise<void>
}

/** A reading under way. */
interface Opened {
  readonly of: number
  readonly window: Window
}

const MS_PER_S = 1_000
/** A clock set back by more than this was corrected, and is believed. */
const BACKWARD_MS_MAX = 5_000
/** A reading this young serves as the beginning of a command when nothing ran since, milliseconds. */
const FRESH_MS_MAX = 1_000

export function createMeter(ports: MeterPorts): Meter {
  const { instrument } = ports
  const { clock, guard } = instrument
  const ledger = createCpuLedger()
  const activity: Activity = createActivity(clock)
  let commands = 0
  let readAtMs = Number.NEGATIVE_INFINITY
  let memoryPeak: number | undefined
  let diskPeak: number | undefined
  let isRunning = false
  let isMeasured = true
  let startMs = 0
  let sequence = 0
  /** Begin of the part of the interval that this isolate saw. */
  let seenFromMs = 0
  /** Counts beginnings: what was asked of an earlier container is nothing to this one. */
  let life = 0

  const open = (): Opened => ({ of: life, window: ledger.open() })

  function onSample({ of, window }: Opened, counters: Counters): void {
    if (of !== life) return
    if (counters.cpuSeconds < ledger.reading) beginAnew()
    ledger.book(window, counters.cpuSeconds)
    readAtMs = clock.now()
    memoryPeak = Math.max(memoryPeak ?? 0, counters.memoryBytes ?? 0) || undefined
  }

  /** A counter that fell is another container's. */
  function beginAnew(): void {
    emitInterval()
    ports.onRestart()
    beginAt(undefined)
  }

  const sample = createSampler(ports.read, { onBegin: open, onSample })

  function beginAt(from: MeterState | undefined): void {
    const now = Math.floor(clock.now())
    isRunning = true
    sequence = from?.sequence ?? 0
    startMs = from?.endMs ?? now
    ports.takeTasks()
    seenFromMs = now
    ledger.resume(from?.cpuSeconds ?? 0)
    activity.take(now)
  }

  function command(taskId: string | undefined, kind: ActivityKind): MeteredCommand {
    const isFresh = commands === 0 && clock.now() - readAtMs <= FRESH_MS_MAX
    if (!isFresh) instrument.settling.track(sample())
    const cpu = ledger.begin(taskId)
    const leave = activity.enter(kind)
    commands++
    return {
      async end() {
        commands--
        leave()
        ledger.end(cpu)
        await sample()
        return cpu
      },
    }
  }

  async function measure(): Promise<void> {
    if (!isRunning) return
    const of = life
    const [counters, diskBytes] = await Promise.all([sample(), ports.readDisk()])
    if (of !== life || !isRunning) return
    isMeasured = counters !== undefined
    diskPeak = diskBytes
    guard(emitInterval)
  }

  /** The clock was set back: the interval under way begins again, with what was spent in it. */
  function restartAt(ms: number): void {
    startMs = ms
    seenFromMs = ms
  }

  function emitInterval(): void {
    const endMs = Math.floor(clock.now())
    if (endMs < startMs - BACKWARD_MS_MAX) restartAt(endMs)
    if (endMs <= startMs) return
    const tasks = ports.takeTasks()
    const spent = ledger.take(tasks.map(({ id }) => id))
    sequence++
    const seconds = activity.take(endMs)
    emitEvent(instrument, undefined, ports.where(), event.usageMeasured, {
      ...commonFacts(tasks),
      ...intervalFacts({ startMs, endMs, sequence, isMeasured, size: ports.size, memoryPeak, diskPeak }),
      ...secondsFacts(seconds, Math.max(0, seenFromMs - startMs) / MS_PER_S),
      ...spentFacts(
        spent,
        tasks.map(({ id }) => id),
      ),
    })
    startMs = endMs
    seenFromMs = endMs
    memoryPeak = undefined
    diskPeak = undefined
    ports.save({ sequence, endMs, cpuSeconds: ledger.reading })
  }

  return {
    get isRunning() {
      return isRunning
    },
    begin(from) {
      life++
      beginAt(from)
    },
    command,
    enter: (kind) => activity.enter(kind),
    sample,
    measure,
    cut() {
      if (!isRunning) return
      guard(emitInterval)
      isRunning = false
    },
    resume() {
      life++
      isRunning = true
    },
    async stop() {
      const of = life
      await measure()
      if (of === life) isRunning = false
    },
  }
}

interface Interval {
  readonly startMs: number
  readonly endMs: number
  readonly sequence: number
  readonly isMeasured: boolean
  readonly size: InstanceSize | undefined
  readonly memoryPeak: number | undefined
  readonly diskPeak: number | undefined
}

function intervalFacts({
  startMs,
  endMs,
  sequence,
  isMeasured,
  size,
  memoryPeak,
  diskPeak,
}: Interval): Facts {
  const durationS = (endMs - startMs) / MS_PER_S
  return {
    [attr.usageSequence]: sequence,
    [attr.usageStart]: startMs,
    [attr.usageEnd]: endMs,
    [attr.usageQuality]: isMeasured ? 'measured' : 'interpolated',
    [attr.memoryTime]: size && size.memoryGib * durationS,
    [attr.diskTime]: size && size.diskGb * durationS,
    [attr.memoryPeak]: memoryPeak,
    [attr.diskPeak]: diskPeak,
  }
}

function secondsFacts(seconds: Seconds, unseenS: number): Facts {
  return {
    [attr.timeCommand]: seconds.command,
    [attr.timeModelWait]: seconds.model_wait,
    [attr.timeHumanWait]: seconds.human_wait,
    [attr.timeTerminal]: seconds.terminal,
    [attr.timeBackground]: seconds.background,
    [attr.timeIdle]: seconds.idle,
    [attr.timeUnknown]: unseenS,
  }
}

/** Tasks that run or spent; each with what it spent, which may be nothing. */
function spentFacts({ seconds, byTask }: CpuSpent, tasksNow: readonly string[]): Facts {
  const ids = [...new Set([...byTask.keys(), ...tasksNow])]
  return {
    [attr.cpuTime]: seconds,
    [attr.usageTaskIds]: ids,
    [attr.usageTaskCpuTimes]: ids.map((id) => byTask.get(id) ?? 0),
  }
}
