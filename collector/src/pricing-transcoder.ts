/** The transcoder as a worker uses it: with the price book, the limits of the configuration, and its counts told. */
import { chargesOf } from '@sandglass/schemas/charges'
import { loadConfig } from '@sandglass/schemas/config'
import type { CollectorConfig } from '@sandglass/schemas/config/collector'
import { openPriceBook, priceBookSchema, type PriceBook } from '@sandglass/schemas/price-book'
import type { Metrics } from './telemetry/metrics.ts'
import type { SandboxRegistry } from './enrich/sandbox-registry.ts'
import { MetricTranscoder } from './metrics/metric-transcoder.ts'
import { createTranscoder, type CountingTranscoder, type Transcoder } from './transcode/transcoder.ts'

const DAY_MS = 86_400_000

/** What is put at the end of its retention would be dropped by the next merge, although it was acknowledged: it is kept this long, ms. */
const CLAMPED_KEPT_MS = DAY_MS

/** Throws ConfigError for a price book that cannot be used. */
export function createPricingTranscoder(
  config: CollectorConfig,
  sandboxes: SandboxRegistry,
  metrics: Metrics,
): Transcoder {
  const book = readPriceBook(config.priceBookFile)
  const retentionMs = config.retentionDays * DAY_MS - CLAMPED_KEPT_MS
  const transcoder = createTranscoder({
    sandboxes,
    price: (eventName, attributes, timestampMs) => chargesOf(eventName, attributes, timestampMs, book),
    limits: { retentionMs },
  })
  const points = new MetricTranscoder({ retentionMs })
  metrics.onCollect(() => {
    const both = [...Object.entries(transcoder.counts), ...Object.entries(points.counts)]
    const sums = both.reduce(
      (sum, [what, count]) => sum.set(what, (sum.get(what) ?? 0) + count),
      new Map<string, number>(),
    )
    for (const [what, count] of sums) metrics.set('transcoded', count, what)
  })
  return joinMetrics(transcoder, points)
}

const joinMetrics = (records: CountingTranscoder, points: MetricTranscoder): Transcoder => ({
  append: (signal, encoding, body, context) =>
    signal === 'metrics'
      ? points.append(encoding, body, context)
      : records.append(signal, encoding, body, context),
  openBytes: (table) => (table === 'otel_metrics' ? points.openBytes : records.openBytes(table)),
  take: (table) => (table === 'otel_metrics' ? points.take() : records.take(table)),
})

const readPriceBook = (path: string | undefined): PriceBook =>
  openPriceBook(path === undefined ? undefined : loadConfig(priceBookSchema, path, process.env))
