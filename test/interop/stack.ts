/** A collector in front of a real ClickHouse, and what arrived there. */
import type { ClickHouseClient } from '@clickhouse/client'
import { makeTestDirectory, removeTestDirectory } from '../../collector/src/testing/test-directory.ts'
import {
  clickhouseOf,
  poll,
  selectNumber,
  startTestCollector,
  startTestDatabase,
  testConfig,
} from '../../collector/src/testing/test-collector.ts'

export interface Stack {
  /** Where exporters send. */
  readonly url: string
  readonly client: ClickHouseClient
  /** Spans of a service, once they are `expected` many or time is up. */
  arrived(service: string, expected: number): Promise<Arrived>
  stop(): Promise<void>
}

export interface Arrived {
  readonly spans: number
  /** Less than `spans` when something was stored twice. */
  readonly distinctSpans: number
}

export async function startStack(): Promise<Stack> {
  const database = await startTestDatabase()
  const directory = await makeTestDirectory()
  const collector = await startTestCollector(testConfig(directory, { clickhouse: clickhouseOf(database) }))
  const client = database.readClient
  const count = (what: string, service: string): Promise<number> =>
    selectNumber(client, `SELECT ${what} FROM otel_traces WHERE ServiceName = '${service}'`)
  return {
    url: collector.url,
    client,
    async arrived(service, expected) {
      const spans = await poll(
        () => count('count()', service),
        (found) => found >= expected,
      )
      return { spans, distinctSpans: await count('uniqExact(TraceId, SpanId)', service) }
    },
    async stop() {
      await collector.stop('interop')
      await database.stop()
      await removeTestDirectory(directory)
    },
  }
}
