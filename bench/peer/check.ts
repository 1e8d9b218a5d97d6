/** Whether what otelcol acknowledged is what a real ClickHouse has of it: the exporter's own tables, made by itself. */
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import { startEmbedded } from '../../embedded/src/index.ts'
import type { Bench } from '../ingest/bench.ts'
import { selectNumber } from '../ingest/engine.ts'
import { drained, TRACES } from '../ingest/measure.ts'
import { shapes, type Start } from '../ingest/throughput.ts'
import { PEER_DATABASE } from './otelcol.ts'

export interface StoredRows {
  readonly ackedSpans: number
  readonly storedSpans: number
  readonly distinctSpanIds: number
}

/** Within what otelcol does at once on a small machine. */
const SPANS_PER_SECOND = 15_000

/** The embedded engine speaks ClickHouse's HTTP interface without clickhouse-go's framing, so the sink stands before it. */
export async function checkStored(bench: Bench, start: Start, seconds: number): Promise<StoredRows> {
  const directory = await bench.newDirectory()
  const engine = await startEmbedded({ dataDir: join(directory, 'engine') })
  const { writeUrl: url, username, password } = engine
  const client = createClient({ url, username, password })
  try {
    const sink = await bench.openSink({ url, username, password })
    const subject = await start(sink.url, directory)
    const { ackedSpans } = await bench.load.call('run', {
      url: subject.url,
      shape: shapes.protobuf,
      arrivals: { kind: 'open', spansPerSecond: SPANS_PER_SECOND },
      seconds,
    })
    await drained(sink, ackedSpans)
    await subject.stop()
    const table = `${PEER_DATABASE}.${TRACES}`
    return {
      ackedSpans,
      storedSpans: await selectNumber(client, `SELECT count() FROM ${table}`),
      distinctSpanIds: await selectNumber(client, `SELECT uniqExact(SpanId) FROM ${table}`),
    }
  } finally {
    await client.close()
    await engine.stop()
  }
}
