/** Starts a collector in this process. */
import type { CollectorConfig } from '@sandglass/schemas/config-collector'
import { nodePorts, type Ports } from './ports.ts'
import { KeyWindow } from './resend/key-window.ts'
import { ResendRegistry } from './resend/registry.ts'
import { openDataDirectory } from './wal/data-directory.ts'
import { startWorker, type Worker } from './worker.ts'

/** A running collector. */
export type Collector = Worker

/** The only worker of a collector without worker processes. */
const ONLY_WORKER = 0

/**
 * One process, one log: `workers` of the configuration is for main.ts, which starts as many.
 * Throws when the address or the data directory cannot be had, with what to do about it.
 */
export async function startCollector(
  config: CollectorConfig,
  ports: Partial<Ports> = {},
): Promise<Collector> {
  const all: Ports = { ...nodePorts, ...ports }
  const directory = await openDataDirectory(all.disk, config.dataDir, all)
  const window = new KeyWindow({ clock: all.clock, ...config.resend, onShortened: () => undefined })
  const keys = new ResendRegistry(window).forOwner(ONLY_WORKER)
  return startWorker({ config, ports: all, directory, worker: ONLY_WORKER, keys })
}
