/** One attempt to store one segment. */
import { classifyInsertError } from '../errors.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { SealedSegment } from '../wal/segment.ts'
import { readRanges } from './segment-body.ts'
import type { ShipOutcome } from './shipper.ts'
import type { BlockStore } from './store.ts'

export interface ShipOptions {
  readonly store: BlockStore
  readonly telemetry: Telemetry
}

export type Attempt = (segment: SealedSegment, attempt: number) => Promise<ShipOutcome>

export function createAttempt({ store, telemetry }: ShipOptions): Attempt {
  return async (segment, attempt) => {
    const { id, table, rows } = segment
    const startedAtMs = performance.now()
    try {
      await store.insert({ table, token: id, body: readRanges(segment, segment.ranges) })
    } catch (error) {
      const { code, message } = classifyInsertError(error)
      telemetry.emit('insertRetried', { segment: id, table, code, attempt, error: message })
      return { stored: false }
    }
    telemetry.metrics.add('segmentsStored', 1, table)
    telemetry.metrics.add('rowsStored', rows, table)
    telemetry.metrics.observe('insertDuration', (performance.now() - startedAtMs) / 1000, table)
    return { stored: true }
  }
}
