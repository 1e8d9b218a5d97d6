/** Opens a worker's log and tells what was found in it. */
import type { CollectorConfig } from '@sandglass/schemas/config/collector'
import { loggedTables, type LoggedTable } from '@sandglass/schemas/metric-tables'
import type { Ports } from '../ports.ts'
import { adoptLogs, type AdoptedLog } from './adopt-logs.ts'
import type { DataDirectory } from './data-directory.ts'
import type { ResendKeys } from '../resend/registry.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { RecoveryListener } from './recover.ts'
import type { SealedSegment } from './segment.ts'
import { openWriteAheadLog, type WriteAheadLog } from './write-ahead-log.ts'

export interface WorkerLogOptions {
  readonly config: CollectorConfig
  readonly ports: Ports
  readonly telemetry: Telemetry
  readonly keys: ResendKeys
  readonly directory: DataDirectory
  readonly worker: number
  readonly onSealed: (segment: SealedSegment) => void
}

const tables = Object.keys(loggedTables) as LoggedTable[]

export interface WorkerLog {
  readonly log: WriteAheadLog
  readonly adopted: readonly AdoptedLog[]
}

export async function openWorkerLog(options: WorkerLogOptions): Promise<WorkerLog> {
  const { config, ports, telemetry, worker, onSealed } = options
  const directory = options.directory.logOf(worker)
  const { listener, found } = createListener(options)
  const { disk, newId } = ports
  const limits = config.segment
  const log = await openWriteAheadLog({ disk, directory, newId, tables, limits, listener, onSealed })
  const adopted = await adoptLogs(disk, options.directory, worker, config.workers, listener)
  const segments = [log, ...adopted].flatMap(({ recovered }) => recovered.segments)
  const rows = segments.reduce((sum, segment) => sum + segment.rows, 0)
  telemetry.emit('recovered', { directory, segments: segments.length, rows, keys: found.keys })
  return { log, adopted }
}

/** Keys that are on disk count as durable before the first request is read. */
function createListener({ keys, telemetry }: WorkerLogOptions): {
  listener: RecoveryListener
  found: { keys: number }
} {
  const found = { keys: 0 }
  const listener: RecoveryListener = {
    keysFound: (recovered) => {
      found.keys += recovered.length
      keys.settle(recovered, true)
    },
    tailCut: (segment, bytes) => telemetry.emit('tailCut', { segment, bytes }),
    blocksSpoiled: (segment, rows) => telemetry.emit('blocksSpoiled', { segment, rows }),
    sideFileMissing: (segment, bytes) => telemetry.emit('sideFileMissing', { segment, bytes }),
  }
  return { listener, found }
}
