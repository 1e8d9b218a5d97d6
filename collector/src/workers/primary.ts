/** The primary process: holds the resend keys of all workers, and replaces a worker that ends. */
import cluster, { type Worker as Process } from 'node:cluster'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CollectorConfig } from '@sandglass/schemas/config/collector'
import type { Ports } from '../ports.ts'
import { listen } from '../receive/server.ts'
import { createRegistry } from '../resend/create-registry.ts'
import type { ResendRegistry } from '../resend/registry.ts'
import { startOwnMetrics } from '../telemetry/own-metrics.ts'
import { Telemetry } from '../telemetry/telemetry.ts'
import { openDataDirectory } from '../wal/data-directory.ts'
import { MetricsRound } from './metrics-round.ts'
import { unpackKeys, type FromWorker, type ToWorker } from './messages.ts'

export interface Primary {
  readonly url: string
  stop(reason: string, shipMsMax?: number): Promise<void>
}

/** Time between attempts to replace a worker that ends again and again, ms. */
const RESTART_MS_MAX = 10_000
const RESTART_MS_FIRST = 100

/** Time that workers get beyond shipping before they are ended by force, ms. */
const STOP_GRACE_MS = 15_000

interface Slot {
  readonly worker: number
  process: Process
  /** Settles when the process accepts requests, or has ended without. */
  ready: Promise<string>
  failures: number
}

interface Shared {
  /** With the port that the first worker got. */
  config: CollectorConfig
  readonly telemetry: Telemetry
  readonly registry: ResendRegistry
  readonly metrics: MetricsRound
  readonly slots: Slot[]
  /** Every worker has told the keys of its log; until then a key that is not known may be in another's. */
  complete: boolean
  stopping: boolean
}

/** Resolves when every worker accepts requests. Rejects when one cannot start, with what it said. */
export async function startPrimary(config: CollectorConfig, ports: Ports): Promise<Primary> {
  const telemetry = new Telemetry({ clock: ports.clock, log: ports.log, context: { worker: 'primary' } })
  const { collectorId } = await openDataDirectory(ports.disk, config.dataDir, ports)
  await checkAddress(config)
  const registry = createRegistry(config, ports.clock, telemetry)
  const slots: Slot[] = []
  const metrics = new MetricsRound(() => slots.map((slot) => slot.process), telemetry.metrics)
  const shared: Shared = { config, telemetry, registry, metrics, slots, complete: false, stopping: false }
  cluster.setupPrimary({ exec: join(import.meta.dirname, 'worker-main.ts'), serialization: 'advanced' })
  try {
    const url = await startSlots(shared)
    shared.complete = true
    const ownMetrics = await startOwnMetrics(config, ports.clock, telemetry, `${collectorId}/primary`)
    return {
      url,
      stop: async (reason, shipMsMax = config.stopMsMax) => {
        await ownMetrics.stop()
        await stopAll(shared, reason, shipMsMax)
      },
    }
  } catch (error) {
    await stopAll(shared, 'start failed', 0)
    throw error
  }
}

/** The first worker finds the port, when any will do; the others join it there. */
async function startSlots(shared: Shared): Promise<string> {
  const url = await startSlot(0, shared)
  const { config } = shared
  const port = Number(new URL(url).port || config.listen.port)
  shared.config = { ...config, listen: { ...config.listen, port } }
  for (let worker = 1; worker < config.workers; worker += 1) await startSlot(worker, shared)
  return url
}

/** Workers may share the port with anyone who shares it too, so another collector would not be noticed. */
async function checkAddress(config: CollectorConfig): Promise<void> {
  const probe = await listen({ ...config, workers: 1 }, () => undefined)
  await probe.close(0)
}

async function startSlot(worker: number, shared: Shared): Promise<string> {
  const { process, ready } = startProcess(worker, shared)
  const slot: Slot = { worker, process, ready, failures: 0 }
  shared.slots.push(slot)
  const url = await ready
  watch(slot, shared)
  return url
}

interface Starting {
  readonly process: Process
  /** Its URL, once it accepts requests. */
  readonly ready: Promise<string>
}

function startProcess(worker: number, shared: Shared): Starting {
  const process = cluster.fork()
  const ready = new Promise<string>((resolve, reject) => {
    process.on('error', reject)
    process.once('exit', (code, signal) => reject(new Error(`worker ${worker} ended: ${signal ?? code}`)))
    process.on('message', (message: FromWorker) => {
      if (message.type === 'online') tell(process, { type: 'start', config: shared.config, worker })
      else if (message.type === 'ready') resolve(message.url)
      else if (message.type === 'failed') reject(new Error(message.error))
      else answer(process, message, shared)
    })
  })
  shared.telemetry.emit('startedWorker', { worker, pid: process.process.pid ?? 0 })
  return { process, ready }
}

type Question = Exclude<FromWorker, { type: 'online' | 'ready' | 'failed' }>

function answer(process: Process, message: Question, { registry, metrics, complete }: Shared): void {
  switch (message.type) {
    case 'claim': {
      const verdicts = unpackKeys(message.keys).map((key) =>
        complete ? registry.claim(key, process.id) : registry.look(key),
      )
      tell(process, { type: 'verdicts', id: message.id, verdicts })
      return
    }
    case 'settle':
      registry.settle(unpackKeys(message.keys), message.durable)
      return
    case 'askMetrics':
      void metrics
        .collect()
        .then((families) => tell(process, { type: 'allMetrics', id: message.id, families }))
      return
    case 'metrics':
      metrics.take(process.id, message.id, message.families)
  }
}

/** A worker may die with a question on its way; without this the failed answer would end the primary and every worker. */
const ignoreFailure = (): void => undefined

function tell(process: Process, message: ToWorker): void {
  if (process.isConnected()) process.send(message, ignoreFailure)
}

/** Replaces the process when it ends. Its claims are released once its successor has read what it left on disk. */
function watch(slot: Slot, shared: Shared): void {
  slot.process.once('exit', (code, signal) => {
    if (shared.stopping) return
    shared.telemetry.emit('lostWorker', { worker: slot.worker, how: signal ?? `exit code ${code}` })
    void replace(slot, shared, slot.process.id)
  })
}

async function replace(slot: Slot, shared: Shared, first: number): Promise<void> {
  const lost = [first]
  while (!shared.stopping) {
    const { process, ready } = startProcess(slot.worker, shared)
    slot.process = process
    slot.ready = ready
    const url = await ready.catch(() => undefined)
    if (url !== undefined) {
      for (const owner of lost) shared.registry.release(owner)
      slot.failures = 0
      watch(slot, shared)
      return
    }
    lost.push(process.id)
    slot.failures += 1
    await sleep(Math.min(RESTART_MS_MAX, RESTART_MS_FIRST * 2 ** Math.min(slot.failures, 10)))
  }
}

async function stopAll(shared: Shared, reason: string, shipMsMax: number): Promise<void> {
  shared.stopping = true
  await Promise.all(shared.slots.map((slot) => stopSlot(slot, reason, shipMsMax)))
}

/** A replacement that is still starting holds a log that wants to be shipped: it is let come up first. */
async function stopSlot({ process, ready }: Slot, reason: string, shipMsMax: number): Promise<void> {
  const settled = ready.then(
    () => undefined,
    () => undefined,
  )
  await Promise.race([settled, sleep(STOP_GRACE_MS, undefined, { ref: false })])
  if (process.isDead()) return
  const exited = once(process, 'exit')
  tell(process, { type: 'stop', reason, shipMsMax })
  const deadline = setTimeout(() => process.kill('SIGKILL'), shipMsMax + STOP_GRACE_MS)
  await exited
  clearTimeout(deadline)
}
