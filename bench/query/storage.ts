/** Bytes per span, ours and the exporter's default schema, over the same spans. */
import type { ClickHouseClient } from '@clickhouse/client'
import { createDefaultTable, defaultTable, fillDefaultTable } from './default-schema.ts'

export interface Storage {
  readonly bytesPerSpan: number
  /** Over the sampled days, as the default schema. */
  readonly sampleBytesPerSpan: number
  readonly defaultSchemaBytesPerSpan: number
}

/** Merges all, then measures; the default schema holds a sample of whole days, for time's sake. */
export async function measureStorage(
  client: ClickHouseClient,
  spans: number,
  sampleSpans: number,
): Promise<Storage> {
  await client.command({ query: 'OPTIMIZE TABLE otel_traces FINAL', clickhouse_settings: merged })
  const days = await sampleDays(client, spans, sampleSpans)
  await client.command({ query: createDefaultTable })
  for (const day of days) await client.command({ query: fillDefaultTable(`toDate(Timestamp) = '${day}'`) })
  await client.command({ query: `OPTIMIZE TABLE ${defaultTable} FINAL` })
  const storage = {
    bytesPerSpan: await bytesPerRow(client, `table = 'otel_traces'`),
    sampleBytesPerSpan: await bytesPerRow(client, `table = 'otel_traces' AND (${orOf(days)})`),
    defaultSchemaBytesPerSpan: await bytesPerRow(client, `table = '${defaultTable}'`),
  }
  await client.command({ query: `DROP TABLE ${defaultTable}` })
  return storage
}

/** A part that is alone in its partition is merged already. */
const merged = { optimize_skip_merged_partitions: 1 } as const

const orOf = (days: readonly string[]): string => days.map((day) => `partition LIKE '%${day}%'`).join(' OR ')

async function sampleDays(
  client: ClickHouseClient,
  spans: number,
  sampleSpans: number,
): Promise<readonly string[]> {
  const rows = await read<{ day: string; spans: string }>(
    client,
    'SELECT toString(toDate(Timestamp)) AS day, count() AS spans FROM otel_traces GROUP BY day ORDER BY day',
  )
  if (spans <= sampleSpans) return rows.map(({ day }) => day)
  const middle = rows.slice(Math.floor(rows.length / 2))
  const days: string[] = []
  let sum = 0
  for (const { day, spans: count } of middle) {
    if (sum >= sampleSpans) break
    days.push(day)
    sum += Number(count)
  }
  return days
}

async function bytesPerRow(client: ClickHouseClient, condition: string): Promise<number> {
  const [row] = await read<{ bytes: number }>(
    client,
    `SELECT sum(bytes_on_disk) / sum(rows) AS bytes FROM system.parts WHERE active AND database = currentDatabase() AND ${condition}`,
  )
  return row?.bytes ?? 0
}

async function read<T>(client: ClickHouseClient, query: string): Promise<T[]> {
  const result = await client.query({ query, format: 'JSONEachRow' })
  return result.json<T>()
}
