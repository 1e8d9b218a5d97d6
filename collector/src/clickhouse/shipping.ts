/** From a sealed segment to stored rows: the backlog, the shipper, and what is kept of a segment afterwards. */
import type { CollectorConfig } from '@sandglass/schemas/config/collector'
import type { Ports } from '../ports.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { Backlog } from '../wal/backlog.ts'
import type { RecoveredLog } from '../wal/recover.ts'
import type { SealedSegment } from '../wal/segment.ts'
import { StoredSideFiles } from '../wal/stored-side-files.ts'
import { createAttempt } from './ship-segment.ts'
import { Shipper } from './shipper.ts'
import type { BlockStore } from './store.ts'

export interface ShippingOptions {
  readonly config: CollectorConfig
  readonly ports: Ports
  readonly telemetry: Telemetry
  readonly store: BlockStore
  /** Directory of rows that ClickHouse refuses. */
  readonly quarantine: string
}

export interface Shipping {
  readonly backlog: Backlog
  readonly shipper: Shipper
  readonly sideFiles: StoredSideFiles
  /** Takes a segment that was just sealed. */
  readonly take: (segment: SealedSegment) => void
  /** Takes what an earlier process left. */
  readonly resume: (recovered: RecoveredLog) => void
}

export function createShipping({ config, ports, telemetry, store, quarantine }: ShippingOptions): Shipping {
  const { clock, disk, random } = ports
  const backlog = new Backlog()
  const sideFiles = new StoredSideFiles(disk, config.resend.windowMs)
  const shipper = new Shipper({
    clock,
    random,
    insertsMax: config.clickhouse.insertsMax,
    attempt: createAttempt({
      store,
      disk,
      clock,
      telemetry,
      quarantine,
      insertMsMax: config.clickhouse.insertMsMax,
    }),
    onStored: async (segment) => {
      await sideFiles.release(segment, clock.nowMs())
      backlog.remove(segment)
    },
  })
  const take = (segment: SealedSegment): void => {
    backlog.add(segment)
    shipper.enqueue(segment)
  }
  const resume = ({ segments, shipped }: RecoveredLog): void => {
    for (const side of shipped) sideFiles.keep(side)
    for (const segment of segments) take(segment)
  }
  return { backlog, shipper, sideFiles, take, resume }
}
