/** The transcoder as a worker uses it: with the price book, the limits of the configuration, and its counts told. */
import { chargesOf } from '@sandglass/schemas/charges'
import { loadConfig } from '@sandglass/schemas/config'
import type { CollectorConfig } from '@sandglass/schemas/config-collector'
import { openPriceBook, priceBookSchema, type PriceBook } from '@sandglass/schemas/price-book'
import type { Metrics } from './telemetry/metrics.ts'
import type { SandboxRegistry } from './enrich/sandbox-registry.ts'
import { createTranscoder, type Transcoder } from './transcode/transcoder.ts'

const DAY_MS = 86_400_000

/** Throws ConfigError for a price book that cannot be used. */
export function createPricingTranscoder(
  config: CollectorConfig,
  sandboxes: SandboxRegistry,
  metrics: Metrics,
): Transcoder {
  const book = readPriceBook(config.priceBookFile)
  const transcoder = createTranscoder({
    sandboxes,
    price: (eventName, attributes, timestampMs) => chargesOf(eventName, attributes, timestampMs, book),
    limits: { retentionMs: config.retentionDays * DAY_MS },
  })
  metrics.onCollect(() => {
    for (const [what, count] of Object.entries(transcoder.counts)) metrics.set('transcoded', count, what)
  })
  return transcoder
}

const readPriceBook = (path: string | undefined): PriceBook =>
  openPriceBook(path === undefined ? undefined : loadConfig(priceBookSchema, path, process.env))
