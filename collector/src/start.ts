/** Starts a collector: in this process, or as a primary with worker processes. */
import type { CollectorConfig } from '@sandglass/schemas/config/collector'
import { replayQuarantine, type ReplayResult } from './clickhouse/quarantine.ts'
import { nodePorts, type Ports } from './ports.ts'
import { createRegistry } from './resend/create-registry.ts'
import { Telemetry } from './telemetry/telemetry.ts'
import { openDataDirectory } from './wal/data-directory.ts'
import { startWorker, type Worker } from './worker.ts'
import { startPrimary } from './workers/primary.ts'

/** A running collector. */
export type Collector = Worker

/** The only worker of a collector in one process. */
const ONLY_WORKER = 0

/**
 * With more than one worker, processes are started that use the real ports whatever `ports` says.
 * Throws when the address or the data directory cannot be had, with what to do about it.
 */
export async function startCollector(
  config: CollectorConfig,
  ports: Partial<Ports> = {},
): Promise<Collector> {
  const all: Ports = { ...nodePorts, ...ports }
  if (config.workers > 1) return startPrimary(config, all)
  const { clock, log } = all
  const telemetry = new Telemetry({ clock, log, context: { worker: ONLY_WORKER } })
  const directory = await openDataDirectory(all.disk, config.dataDir, all)
  const keys = createRegistry(config, clock, telemetry).forOwner(ONLY_WORKER)
  return startWorker({ config, ports: all, telemetry, directory, worker: ONLY_WORKER, keys })
}

/** Sends the rows in quarantine once more. Safe while the collector runs, and however often it is done. */
export async function replayCollectorQuarantine(
  config: CollectorConfig,
  ports: Partial<Ports> = {},
): Promise<ReplayResult> {
  const all: Ports = { ...nodePorts, ...ports }
  const { quarantine } = await openDataDirectory(all.disk, config.dataDir, all)
  const client = all.connect(config.clickhouse)
  try {
    return await replayQuarantine(
      all.disk,
      quarantine,
      all.createStore(client),
      config.clickhouse.insertMsMax,
    )
  } finally {
    await client.close()
  }
}
