/**
 * npm run bench:query -- --spans 100000000 [--seed 1] [--runs 5] [--json] [--data-dir <folder> [--reuse]]
 * Loads history into an embedded engine of its own, waits for merges, and times every query the product ships. A folder that is
 * named stays: with --reuse its history is asked again and not loaded; migrations that came since are applied.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createClient, type ClickHouseClient } from '@clickhouse/client'
import { startEmbedded } from '@sandglass/embedded'
import { migrate } from '@sandglass/schemas/migrate'
import { readFilled, writeFilled, type Filled } from './query/filled.ts'
import { load } from './query/load.ts'
import { findSubject, quantile, timeQuery } from './query/measure.ts'
import { shippedQueries } from './query/shipped-queries.ts'
import { measureStorage } from './query/storage.ts'

/** An insert of a million rows through every view, or a merge of a day, may take this long. */
const REQUEST_MS_MAX = 3_600_000
const BASE_SPANS = 200_000
const SAMPLE_SPANS = 5_000_000
const DAYS = 29
const SLOWEST = 15

const { values: flags } = parseArgs({
  options: {
    spans: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    'data-dir': { type: 'string' },
    reuse: { type: 'boolean', default: false },
  },
})

const dataDir = flags['data-dir'] ?? (await mkdtemp(join(tmpdir(), 'sandglass-bench-query-')))
const engine = await startEmbedded({ dataDir })
const client = createClient({
  url: engine.writeUrl,
  username: engine.username,
  password: engine.password,
  request_timeout: REQUEST_MS_MAX,
  keep_alive: { enabled: false },
})
try {
  await migrate(client)
  report(await run(client))
} finally {
  await client.close()
  await engine.stop()
  if (flags['data-dir'] === undefined) await rm(dataDir, { recursive: true, force: true })
}

async function fill(client: ClickHouseClient): Promise<Filled> {
  const endMs = Date.now()
  const loaded = await load({
    client,
    seed: Number(flags.seed),
    spans: Number(flags.spans),
    baseSpans: BASE_SPANS,
    endMs,
    days: DAYS,
    onProgress: progress,
  })
  progress('merging and measuring')
  const storage = await measureStorage(client, loaded.spans, SAMPLE_SPANS)
  const filled = { endMs, ...loaded, storage }
  await writeFilled(dataDir, filled)
  return filled
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`)
}

async function run(client: ClickHouseClient) {
  const loaded = flags.reuse ? await readFilled(dataDir) : await fill(client)
  const { storage } = loaded
  const subject = await findSubject(client, loaded.endMs)
  progress('asking')
  const timings = []
  for (const query of shippedQueries(subject))
    timings.push(await timeQuery(client, query, Number(flags.runs)))
  const all = timings.flatMap(({ ms }) => ms)
  const slowest = timings
    .map(({ name, ms, rowsRead }) => ({ name, ms: round(quantile(ms, 0.5)), rowsRead }))
    .sort((a, b) => b.ms - a.ms)
    .slice(0, SLOWEST)
  return {
    p50Ms: round(quantile(all, 0.5)),
    p95Ms: round(quantile(all, 0.95)),
    slowest,
    queries: timings.length,
    bytesPerSpan: round(storage.bytesPerSpan),
    sampleBytesPerSpan: round(storage.sampleBytesPerSpan),
    defaultSchemaBytesPerSpan: round(storage.defaultSchemaBytesPerSpan),
    loadSpansPerSecond: Math.round(loaded.spans / loaded.seconds),
    spans: loaded.spans,
  }
}

function report(result: Awaited<ReturnType<typeof run>>): void {
  if (!flags.json)
    for (const { name, ms, rowsRead } of result.slowest) console.log(`${ms} ms  ${rowsRead} rows  ${name}`)
  console.log(JSON.stringify(result))
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
