/** Starts the export of the collector's own metrics, when one is configured. */
import type { CollectorConfig } from '@sandglass/schemas/config/collector'
import type { Clock } from '../clock.ts'
import type { Loop } from '../loop.ts'
import type { Telemetry } from './telemetry.ts'

const NOTHING: Loop = { stop: async () => undefined }

/** The exporter is loaded only when it is used. `instance` says which process of which collector is speaking. */
export async function startOwnMetrics(
  { ownMetrics }: CollectorConfig,
  clock: Clock,
  telemetry: Telemetry,
  instance: string,
): Promise<Loop> {
  if (ownMetrics === undefined) return NOTHING
  const { startOwnMetricsExport } = await import('./own-metrics-export.ts')
  return startOwnMetricsExport({ target: ownMetrics, clock, telemetry, instance })
}
