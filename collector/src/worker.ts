/** Builds one collector process out of its parts, in the order data passes them, and takes it apart in the same order. */
import type { ClickHouseClient } from '@clickhouse/client'
import type { CollectorConfig } from '@sandglass/schemas/config/collector'
import { Admission } from './admit/admission.ts'
import { openTenants } from './admit/open-tenants.ts'
import { createShipping } from './clickhouse/shipping.ts'
import { WatermarkWriter } from './clickhouse/watermark.ts'
import { refreshSandboxes } from './clickhouse/refresh-sandboxes.ts'
import { messageOf } from './errors.ts'
import { createSandboxRegistry } from './enrich/sandbox-registry.ts'
import { createExportStages } from './export-stages.ts'
import { createLogStages, holdingsOf, tellWatermark, type LogParts } from './log-stages.ts'
import { runLogStages } from './pipeline.ts'
import type { Ports } from './ports.ts'
import { createPricingTranscoder } from './pricing-transcoder.ts'
import { createRoutes } from './receive/routes.ts'
import { listen, type ReceiveServer } from './receive/server.ts'
import type { ResendKeys } from './resend/registry.ts'
import { registerGauges } from './telemetry/gauges.ts'
import type { Family } from './telemetry/metrics.ts'
import { startOwnMetrics } from './telemetry/own-metrics.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import { createCommitGroups, type CommitGroups } from './wal/commit-groups.ts'
import type { DataDirectory } from './wal/data-directory.ts'
import { openWorkerLog } from './wal/open-worker-log.ts'

export interface WorkerOptions {
  readonly config: CollectorConfig
  readonly ports: Ports
  readonly telemetry: Telemetry
  readonly directory: DataDirectory
  /** Number of this worker, from 0; each has a log of its own. */
  readonly worker: number
  readonly keys: ResendKeys
  /** What /metrics shows; without it, the metrics of this process. */
  readonly families?: () => Promise<readonly Family[]>
}

export interface Worker {
  readonly url: string
  /**
   * Accepts nothing more, answers what was accepted, and ships what is in the log for at most `shipMsMax` (`stopMsMax` of
   * the configuration); the rest is shipped at the next start. Repeatable.
   */
  stop(reason: string, shipMsMax?: number): Promise<void>
}

/** Time that requests under way have to end when the collector stops, ms. */
const STOP_REQUESTS_MS_MAX = 5_000

type Stop = (shipMsMax: number) => Promise<void>

export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { config, ports, directory, telemetry, worker } = options
  const parts = await openParts(options)
  const stopLog = startLogStages(config, parts)
  const serving = await serve(options, parts).catch(async (error: unknown) => {
    await stopLog(0)
    throw error
  })
  const ownMetrics = await startOwnMetrics(
    config,
    ports.clock,
    telemetry,
    `${directory.collectorId}/${worker}`,
  )
  telemetry.emit('started', { url: serving.url, workers: config.workers, dataDir: directory.path })
  const stop = async (reason: string, shipMsMax: number): Promise<void> => {
    telemetry.emit('stopping', { reason })
    // Before the server stops: the receiver may be this very collector.
    await ownMetrics.stop()
    await serving.stop()
    await stopLog(shipMsMax)
    telemetry.emit('stopped', { segmentsLeft: parts.shipping.backlog.size })
  }
  let stopped: Promise<void> | undefined
  return {
    url: serving.url,
    stop: (reason, shipMsMax = config.stopMsMax) => (stopped ??= stop(reason, shipMsMax)),
  }
}

interface Parts extends LogParts {
  readonly client: ClickHouseClient
  readonly close: () => Promise<void>
}

/** Everything between a committed request and ClickHouse. */
async function openParts(options: WorkerOptions): Promise<Parts> {
  const { config, ports, telemetry, directory, worker, keys } = options
  const { clock } = ports
  const client = ports.connect(config.clickhouse)
  const store = ports.createStore(client)
  const { quarantine, collectorId } = directory
  const shipping = createShipping({ config, ports, telemetry, store, quarantine })
  const { log, adopted } = await openWorkerLog({
    config,
    ports,
    telemetry,
    keys,
    directory,
    worker,
    onSealed: shipping.take,
  })
  for (const { recovered } of [log, ...adopted]) shipping.resume(recovered)
  const watermarks = new WatermarkWriter({
    client,
    clock,
    collectorId,
    worker,
    retired: adopted.map((one) => one.worker),
    holdings: () => holdingsOf(log, shipping),
  })
  const close = async (): Promise<void> => {
    log.release()
    for (const { lock } of adopted) lock.release()
    await client.close()
  }
  const admission = new Admission(telemetry)
  return { ports, telemetry, directory, admission, log, shipping, watermarks, client, close }
}

function startLogStages(config: CollectorConfig, parts: Parts): Stop {
  const { telemetry, log, shipping, watermarks } = parts
  const loops = runLogStages(createLogStages(config, parts), config.watermarkMs, (stage, error) =>
    telemetry.emit('failed', { what: stage, error: messageOf(error) }),
  )
  return async (shipMsMax) => {
    await loops.seal.stop()
    await log.close()
    await shipping.shipper.stop(shipMsMax)
    for (const loop of Object.values(loops)) await loop.stop()
    await tellWatermark(shipping.backlog.size === 0 ? 'stopped' : 'running', watermarks, telemetry)
    await parts.close()
  }
}

interface Serving {
  readonly url: string
  /** Refuses new requests, and resolves when those under way are answered. */
  stop(): Promise<void>
}

/** Everything between a socket and a committed request. */
async function serve(
  { config, ports, directory, keys, families }: WorkerOptions,
  parts: Parts,
): Promise<Serving> {
  const { telemetry, admission, log } = parts
  const { clock } = ports
  const sandboxes = createSandboxRegistry(() => clock.nowMs())
  const transcoder = createPricingTranscoder(config, sandboxes, telemetry.metrics)
  const groups = createCommitGroups({ config, ports, telemetry, admission, keys, log, transcoder })
  const { tenants, stop: stopTenants } = await openTenants(config, telemetry)
  const stages = createExportStages(config, {
    clock,
    metrics: telemetry.metrics,
    tenants,
    admission,
    keys,
    resendSecret: directory.resendSecret,
    groups,
  })
  registerWorkerGauges(parts, stages.memory)
  const server = await listen(
    config,
    createRoutes({
      config,
      stages,
      telemetry,
      admission,
      families: families ?? (async () => telemetry.metrics.families()),
    }),
    telemetry,
  )
  const refreshing = refreshSandboxes({
    client: parts.client,
    sandboxes,
    clock,
    intervalMs: config.sandboxRefreshMs,
    telemetry,
  })
  return {
    url: server.url,
    stop: async () => {
      admission.set('stopping', true)
      await stopServing(server, groups)
      await stopTenants()
      await refreshing.stop()
    },
  }
}

async function stopServing(server: ReceiveServer, groups: CommitGroups): Promise<void> {
  await server.close(STOP_REQUESTS_MS_MAX)
  await Promise.all(Object.values(groups).map((group) => group.drain()))
}

function registerWorkerGauges(
  { ports, telemetry, log, shipping, watermarks, admission }: Parts,
  memory: Parameters<typeof registerGauges>[1]['memory'],
): void {
  registerGauges(telemetry.metrics, {
    clock: ports.clock,
    log,
    backlog: shipping.backlog,
    memory,
    watermarks: () => watermarks.latest,
    accepting: () => admission.isOpen,
  })
}
