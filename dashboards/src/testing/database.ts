/** A migrated database on the real engine, filled as collectors fill it. For the tests of dashboards, alerts and runbooks. */
import type { ClickHouseClient } from '@clickhouse/client'
import { startTestEmbedded } from '@sandglass/embedded/testing'
import { migrate } from '@sandglass/schemas/migrate'
import {
  type Row,
  type StoredEvent,
  type StoredSpan,
  type StoredWatermark,
  toLogRow,
  toTraceRow,
  toWatermarkRow,
} from './stored.ts'

export interface TestDatabase {
  /** Runs a query through the guarded read port, as Grafana and the command line do. */
  readonly query: (sql: string, parameters?: Readonly<Record<string, string>>) => Promise<readonly Row[]>
  /** Stores what the collector of each tenant received, in one insert for each table. */
  readonly store: (nowMs: number, tenants: Readonly<Record<string, StoredRecords>>) => Promise<void>
  readonly stop: () => Promise<void>
}

/** Ages count back from the moment given to `store`, Unix time in ms. */
export interface StoredRecords {
  readonly events?: readonly StoredEvent[]
  readonly spans?: readonly StoredSpan[]
  readonly watermarks?: readonly StoredWatermark[]
}

export async function startTestDatabase(): Promise<TestDatabase> {
  const engine = await startTestEmbedded()
  await migrate(engine.writeClient)
  return {
    query: (sql, parameters = {}) => readRows(engine.readClient, sql, parameters),
    store: (nowMs, tenants) => storeRecords(engine.writeClient, nowMs, Object.entries(tenants)),
    stop: () => engine.stop(),
  }
}

async function readRows(
  client: ClickHouseClient,
  query: string,
  parameters: Readonly<Record<string, string>>,
): Promise<readonly Row[]> {
  const answer = await client.query({ query, query_params: parameters, format: 'JSONEachRow' })
  return answer.json<Row>()
}

async function storeRecords(
  client: ClickHouseClient,
  nowMs: number,
  tenants: readonly (readonly [string, StoredRecords])[],
): Promise<void> {
  const rows = (toRows: (tenant: string, records: StoredRecords) => readonly Row[] | undefined) =>
    tenants.flatMap(([tenant, records]) => toRows(tenant, records) ?? [])
  const tables = {
    otel_logs: rows((tenant, { events }) => events?.map((event) => toLogRow(tenant, nowMs, event))),
    otel_traces: rows((tenant, { spans }) => spans?.map((span) => toTraceRow(tenant, nowMs, span))),
    watermarks: rows((tenant, { watermarks }) =>
      watermarks?.map((watermark) => toWatermarkRow(tenant, nowMs, watermark)),
    ),
  }
  for (const [table, values] of Object.entries(tables)) {
    if (values.length > 0) await client.insert({ table, values, format: 'JSONEachRow' })
  }
}
