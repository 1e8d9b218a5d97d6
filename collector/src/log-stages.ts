/** The stages of the log, made of the parts of a worker. */
import type { CollectorConfig } from '@sandglass/schemas/config/collector'
import type { Admission } from './admit/admission.ts'
import { checkDisk } from './admit/disk-gate.ts'
import type { Shipping } from './clickhouse/shipping.ts'
import type { Holding, WatermarkWriter } from './clickhouse/watermark.ts'
import { messageOf } from './errors.ts'
import type { LogStages } from './pipeline.ts'
import type { Ports } from './ports.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import type { OpenSegment } from './wal/open-segment.ts'
import type { DataDirectory } from './wal/data-directory.ts'
import type { WriteAheadLog } from './wal/write-ahead-log.ts'

export interface LogParts {
  readonly ports: Ports
  readonly telemetry: Telemetry
  readonly directory: DataDirectory
  readonly admission: Admission
  readonly log: WriteAheadLog
  readonly shipping: Shipping
  readonly watermarks: WatermarkWriter
}

export function createLogStages(config: CollectorConfig, parts: LogParts): LogStages {
  const { ports, telemetry, directory, admission, log, shipping, watermarks } = parts
  const { clock, disk } = ports
  let quarantineBytes = 0
  /** Elapsed time at which a segment was first seen with rows: its age, whatever the machine's clock does. */
  const seenAtMs = new WeakMap<OpenSegment, number>()
  telemetry.metrics.onCollect(() => telemetry.metrics.set('quarantineBytes', quarantineBytes))
  return {
    seal: () => sealDue(config.segment.ageMsMax, seenAtMs, parts),
    tellWatermark: () => tellWatermark('running', watermarks, telemetry),
    checkDisk: async () => {
      const logBytes = (): number => log.openBytes + shipping.backlog.bytes + quarantineBytes / config.workers
      const share = 1 / config.workers
      await checkDisk({ admission, disk, directory: directory.path, limits: config.limits, share, logBytes })
    },
    sweep: async () => {
      await shipping.sideFiles.sweep(clock.nowMs())
      const files = await disk.list(directory.quarantine)
      quarantineBytes = files.reduce((sum, { bytes }) => sum + bytes, 0)
    },
  }
}

/** While ClickHouse is behind, open segments grow instead: fewer and larger inserts are what helps it. */
async function sealDue(
  ageMsMax: number,
  seenAtMs: WeakMap<OpenSegment, number>,
  { ports, log, shipping }: LogParts,
): Promise<void> {
  const nowMs = ports.clock.elapsedMs()
  for (const table of log.tables) {
    const { open } = table
    if (open === undefined || open.rows === 0) continue
    const sinceMs = seenAtMs.get(open) ?? nowMs
    seenAtMs.set(open, sinceMs)
    if (nowMs - sinceMs >= ageMsMax && shipping.shipper.hasRoomFor(table.table)) await table.seal()
  }
}

export async function tellWatermark(
  state: 'running' | 'stopped',
  watermarks: WatermarkWriter,
  telemetry: Telemetry,
): Promise<void> {
  try {
    await watermarks.write(state)
  } catch (error) {
    telemetry.emit('watermarkFailed', { error: messageOf(error) })
  }
}

/** Everything that has acknowledged rows which are not stored. */
export function* holdingsOf(log: WriteAheadLog, shipping: Shipping): Generator<Holding> {
  for (const { open } of log.tables) if (open !== undefined && open.rows > 0) yield open
  yield* shipping.backlog.segments()
}
