/** Times queries as their callers feel them: over HTTP, one after the other, after one warm run. */
import type { ClickHouseClient } from '@clickhouse/client'
import type { ShippedQuery, Subject } from './shipped-queries.ts'

export interface Timing {
  readonly name: string
  /** One per run, ms. */
  readonly ms: readonly number[]
  readonly rowsRead: number
}

export async function timeQuery(
  client: ClickHouseClient,
  query: ShippedQuery,
  runs: number,
): Promise<Timing> {
  const rowsRead = await readRowsRead(client, query)
  const ms: number[] = []
  for (let run = 0; run < runs; run += 1) {
    const startedMs = performance.now()
    await readRowsRead(client, query)
    ms.push(performance.now() - startedMs)
  }
  return { name: query.name, ms, rowsRead }
}

/** Rows that the engine read for a query. */
export async function readRowsRead(
  client: ClickHouseClient,
  { name, sql, params }: ShippedQuery,
): Promise<number> {
  try {
    const result = await client.query({ query: sql, query_params: params, format: 'JSON' })
    const { statistics } = await result.json()
    return statistics?.rows_read ?? 0
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** Value below which a share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}

/** A task of the last day that has something to show, and what surrounds it. */
export async function findSubject(client: ClickHouseClient, nowMs: number): Promise<Subject> {
  const result = await client.query({
    query: `SELECT tenant_id AS tenant, any(c.team_id) AS team, task_id AS task, any(c.sandbox_id) AS sandbox, any(c.prompt_id) AS prompt,
        max(c.path) AS path, toString(min(c.time)) AS from
      FROM lineage AS c
      WHERE task_id IN (SELECT task_id FROM task_starts ORDER BY time DESC LIMIT 500) AND task_id != ''
      GROUP BY tenant_id, task_id ORDER BY count() DESC LIMIT 1`,
    format: 'JSONEachRow',
  })
  const [subject] = await result.json<Omit<Subject, 'nowMs'>>()
  if (subject === undefined) throw new Error('the history has no task with commands: load more spans')
  return { ...subject, nowMs }
}
