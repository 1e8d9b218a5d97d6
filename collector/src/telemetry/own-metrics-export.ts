/** Sends the collector's own metrics over OTLP/HTTP. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ExportResultCode } from '@opentelemetry/core'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import type { CollectorConfig } from '@sandglass/schemas/config/collector'
import { attr } from '@sandglass/schemas/semconv'
import type { Clock } from '../clock.ts'
import { messageOf } from '../errors.ts'
import { startLoop, type Loop } from '../loop.ts'
import { toMetricData } from './otlp-metrics.ts'
import type { Telemetry } from './telemetry.ts'

type Target = NonNullable<CollectorConfig['ownMetrics']>

export interface OwnMetricsExportOptions {
  readonly target: Target
  readonly clock: Clock
  readonly telemetry: Telemetry
  /** Which process of which collector is speaking. */
  readonly instance: string
}

const SERVICE_NAME = 'sandglass-collector'
/** Time one export may take, with its retries, ms. */
const EXPORT_MS_MAX = 5_000
/** Time the last one may take, ms. */
const STOP_MS_MAX = 1_000

/** Stopping sends once more what was counted until then, and waits for a receiver that does not answer no longer than a moment. */
export function startOwnMetricsExport(options: OwnMetricsExportOptions): Loop {
  const { url, headers, intervalMs } = options.target
  const exporter = new OTLPMetricExporter({
    url,
    headers,
    timeoutMillis: EXPORT_MS_MAX,
  })
  const startMs = options.clock.nowMs()
  const tell = (error: unknown): void =>
    options.telemetry.emit('metricsNotExported', { url, error: messageOf(error) })
  const send = (): Promise<void> => exportOnce(exporter, options, startMs).catch(tell)
  const loop = startLoop(intervalMs, send, tell)
  const finish = async (): Promise<void> => {
    await loop.stop()
    await send()
    await exporter.shutdown()
  }
  return { stop: () => Promise.race([finish(), sleep(STOP_MS_MAX, undefined, { ref: false })]) }
}

async function exportOnce(
  exporter: OTLPMetricExporter,
  { clock, telemetry, instance }: OwnMetricsExportOptions,
  startMs: number,
): Promise<void> {
  const interval = { startMs, endMs: clock.nowMs() }
  const metrics = telemetry.metrics.states().map((state) => toMetricData(state, interval))
  const resource = resourceFromAttributes({
    [attr.serviceName]: SERVICE_NAME,
    [attr.serviceInstanceId]: instance,
  })
  await deliver(exporter, { resource, scopeMetrics: [{ scope: { name: SERVICE_NAME }, metrics }] })
}

const deliver = (exporter: OTLPMetricExporter, metrics: ResourceMetrics): Promise<void> =>
  new Promise((resolve, reject) => {
    exporter.export(metrics, ({ code, error }) => {
      if (code === ExportResultCode.SUCCESS) resolve()
      else reject(error ?? new Error('the receiver took no metrics and did not say why'))
    })
  })
