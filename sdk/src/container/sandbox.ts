import { attr } from '@sandglass/schemas/semconv'
import { createFileWatch, type FileWatch } from '../files/file-watch.ts'
import { clipFacts } from '../facts.ts'
import type { Instrument, Where } from '../instrument.ts'
import type { RunningTask } from '../lineage/running-tasks.ts'
import { countersOf, type Counters } from '../meter/counters.ts'
import { diskOf } from '../meter/disk.ts'
import { inTime } from '../meter/in-time.ts'
import { instanceSizes } from '../meter/instance-sizes.ts'
import { createMeter, type Meter } from '../meter/meter.ts'
import { parseSandboxState, type MeterState, type SandboxState } from '../meter/meter-state.ts'
import { repeat } from '../meter/repeat.ts'
import type { PolicyEngine } from '../policy/control.ts'
import type { ContainerLike } from './container-like.ts'
import { createLifecycle, type Lifecycle } from './lifecycle.ts'
import type { Sandbox, SandboxSpec } from './sandbox-spec.ts'
import type { KnownSandbox } from './sandboxes.ts'

/** A wrapped container as the adapter works with it. */
export interface WatchedSandbox extends Sandbox, KnownSandbox {
  readonly lifecycle: Lifecycle
  readonly meter: Meter
  /** Undefined when nothing is watched or metered, so that commands cost nothing more. */
  readonly files: FileWatch | undefined
  readonly isMetered: boolean
  started(): void
  /** Its monitor says that it ended: nothing more is metered, unless it was started again since. */
  exited(): Promise<void>
  /** It was to end, and runs on. */
  spared(): void
  /** Resolves when the last interval is told, or soon. */
  ending(): Promise<void>
}

const METER_INTERVAL_MS = 15_000
const STATE_PREFIX = 'sandglass.sandbox.'
/** Longest that destroying a container waits for its last reading. */
const LAST_READING_MS_MAX = 250

function whereIs(spec: SandboxSpec, generation: number): Where {
  const facts = clipFacts({
    [attr.sandboxId]: spec.sandboxId,
    [attr.sandboxName]: spec.sandboxName,
    [attr.sandboxGeneration]: generation === 0 ? undefined : generation,
    [attr.instanceType]: spec.instanceType,
  })
  return { sandboxId: spec.sandboxId, facts }
}

export function createSandbox(
  instrument: Instrument,
  policy: PolicyEngine,
  container: ContainerLike,
  spec: SandboxSpec,
): WatchedSandbox {
  const stateKey = STATE_PREFIX + spec.sandboxId
  const isMetered = spec.meterIntervalMs !== 0
  let generation = 0
  let ran = new Set<RunningTask>(instrument.running.list())
  instrument.running.onEnter((task) => void (meter.isRunning && ran.add(task)))

  let place: { readonly generation: number; readonly where: Where } | undefined

  function where(): Where {
    if (place?.generation !== generation) place = { generation, where: whereIs(spec, generation) }
    return place.where
  }

  function save(meter: MeterState | undefined): void {
    const state: SandboxState = { generation, meter }
    void instrument.state?.put(stateKey, state)
  }

  function takeTasks(): readonly RunningTask[] {
    const taken = [...ran]
    ran = new Set(instrument.running.list())
    return taken
  }

  const lifecycle = createLifecycle(instrument, where)
  const readCounters = countersOf(container)
  const readDisk = diskOf(container)

  async function readWhileReady(): Promise<Counters | undefined> {
    const counters = await inTime(instrument.clock, readCounters)
    if (counters !== undefined) lifecycle.ready()
    return counters
  }

  const meter = createMeter({
    instrument,
    where,
    takeTasks,
    save,
    size: spec.instanceType === undefined ? undefined : instanceSizes[spec.instanceType],
    read: readWhileReady,
    readDisk: () => inTime(instrument.clock, readDisk),
    onRestart: () => void generation++,
  })
  const files =
    spec.watch === undefined || spec.watch.length === 0
      ? undefined
      : createFileWatch({ instrument, container, policy, where }, spec.watch)
  const ticking = repeat(instrument, measureWhileRunning)
  let pauseMs = spec.meterIntervalMs ?? METER_INTERVAL_MS
  /** A start takes its time. */
  let wasRunning = false

  async function measureWhileRunning(): Promise<void> {
    if (wasRunning && !container.running) return ending()
    wasRunning = container.running
    await meter.measure()
  }

  function tick(intervalMs: number): void {
    pauseMs = intervalMs
    if (isMetered) ticking.every(intervalMs)
  }

  function started(): void {
    meter.cut()
    wasRunning = false
    generation++
    save(undefined)
    lifecycle.starting()
    if (!isMetered) return
    meter.begin(undefined)
    instrument.settling.track(meter.sample())
    tick(spec.meterIntervalMs ?? METER_INTERVAL_MS)
  }

  async function ending(): Promise<void> {
    ticking.stop()
    if (!meter.isRunning) return
    const last = meter.stop()
    instrument.settling.track(last)
    let cancel: (() => void) | undefined
    const timeout = new Promise<void>((resolve) => {
      cancel = instrument.clock.schedule(resolve, LAST_READING_MS_MAX)
    })
    await Promise.race([last, timeout])
    cancel?.()
  }

  function spared(): void {
    if (!isMetered || !container.running) return
    meter.resume()
    tick(pauseMs)
  }

  /** Goes on where an earlier isolate left a container that still runs. */
  async function adopt(): Promise<void> {
    const stored = parseSandboxState(await instrument.state?.get(stateKey))
    const startedMeanwhile = generation
    generation += stored?.generation ?? 0
    if (startedMeanwhile > 0 && stored !== undefined) save(undefined)
    if (startedMeanwhile > 0 || !container.running) return
    generation = Math.max(generation, 1)
    if (!isMetered) return
    meter.begin(stored?.meter)
    tick(spec.meterIntervalMs ?? METER_INTERVAL_MS)
  }

  const adopted = adopt()
  instrument.settling.track(adopted)

  return {
    id: spec.sandboxId,
    get generation() {
      return generation
    },
    where,
    enter: (kind) => meter.enter(kind),
    lifecycle,
    meter,
    files,
    isMetered,
    started,
    exited: () => (container.running ? Promise.resolve() : ending()),
    spared,
    ending,
    measure: () => adopted.then(() => meter.measure()),
    setMeterInterval: tick,
    close: ending,
  }
}
