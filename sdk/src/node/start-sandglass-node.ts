import { trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node'
import { createSandglass } from '../create-sandglass.ts'
import type { SandglassOptions } from '../options.ts'
import type { Sandglass } from '../sandglass.ts'

/** How a Node process is observed. */
export interface NodeSandglassOptions extends SandglassOptions {
  /** OpenTelemetry instrumentations of this process, e.g. for HTTP: their spans go to the same receiver. */
  readonly instrumentations?: NodeSDKConfiguration['instrumentations'] | undefined
}

/** An instrument and how to end it. */
export interface NodeSandglass {
  readonly sandglass: Sandglass
  /** Sends what waits and stops OpenTelemetry. Never rejects. */
  shutdown(): Promise<void>
}

/**
 * One instrument for a Node process, beside OpenTelemetry's NodeSDK: what it records hangs under the active span, and
 * both send to the same receiver. The spans of OpenTelemetry itself count in its own books, not in `stats()`.
 */
export function startSandglassNode({ instrumentations, ...options }: NodeSandglassOptions): NodeSandglass {
  const traceExporter = new OTLPTraceExporter({
    url: `${options.endpoint.replace(/\/+$/, '')}/v1/traces`,
    headers: { ...options.headers },
  })
  const sdk = new NodeSDK({
    serviceName: options.serviceName,
    autoDetectResources: false,
    traceExporter,
    instrumentations: instrumentations ?? [],
    metricReaders: [],
    logRecordProcessors: [],
  })
  sdk.start()
  const sandglass = createSandglass({
    activeSpan: () => trace.getActiveSpan()?.spanContext(),
    ...options,
  })
  return {
    sandglass,
    async shutdown() {
      await sandglass.flush()
      await sdk.shutdown().catch(() => {})
    },
  }
}
