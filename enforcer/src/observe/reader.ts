/** Runs the enforcer's queries. Every method throws when the answer cannot be had or is not of the expected form. */
import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import { PAUSE_POLICY } from '../override.ts'
import {
  budgetsHashQuery,
  overridesQuery,
  sandboxesQuery,
  standingsQuery,
  watermarkQuery,
  type ReadQuery,
} from './queries.ts'

export type SandboxRow = z.infer<typeof sandboxesQuery.row>
export type OverrideRow = z.infer<typeof overridesQuery.row>
export type StandingRow = z.infer<typeof standingsQuery.row>

export interface Reader {
  /** Null when no collector has said anything yet. */
  readonly watermarkMs: () => Promise<number | null>
  readonly sandboxes: () => Promise<readonly SandboxRow[]>
  /** Those that ended or will end after `sinceMs`. */
  readonly overrides: (sinceMs: number) => Promise<readonly OverrideRow[]>
  /** The latest standing of each subject decided on since. */
  readonly standings: (sinceMs: number) => Promise<readonly StandingRow[]>
  /** Hash of the budget document last said to be in force; empty when none was. */
  readonly budgetsHash: () => Promise<string>
}

export function createReader(client: ClickHouseClient, tenantId: string): Reader {
  const read = async <T>({ sql, row }: ReadQuery<T>, params: Readonly<Record<string, unknown>> = {}) => {
    const result = await client.query({
      query: sql,
      query_params: { tenantId, ...params },
      format: 'JSONEachRow',
    })
    return z.array(row).parse(await result.json())
  }
  return {
    watermarkMs: async () => (await read(watermarkQuery))[0]?.watermarkMs ?? null,
    sandboxes: async () => read(sandboxesQuery),
    overrides: async (sinceMs) => read(overridesQuery, { sinceMs, pausePolicy: PAUSE_POLICY }),
    standings: async (sinceMs) => read(standingsQuery, { sinceMs }),
    budgetsHash: async () => (await read(budgetsHashQuery))[0]?.hash ?? '',
  }
}
