/** Watermarks: "everything acknowledged before T is queryable", one row per tenant, and `*` for the tenants without one. */
import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import type { Clock } from '../clock.ts'

/** Anything that holds acknowledged rows which are not stored. */
export interface Holding {
  /** Unix time before which nothing in it was acknowledged, ms. */
  readonly firstCommitAtMs: number
  readonly tenants: Iterable<string>
}

export const EVERY_OTHER_TENANT = '*'

/** `2026-11-23 17:27:16.130`, UTC, as ClickHouse reads it. */
const renderDateTime64 = (unixMs: number): string =>
  new Date(unixMs).toISOString().replace('T', ' ').replace('Z', '')

/** The watermark of each tenant ever seen, ms. A tenant that holds nothing stands at `nowMs`. */
export function watermarksAt(
  nowMs: number,
  holdings: Iterable<Holding>,
  seen: Iterable<string>,
): ReadonlyMap<string, number> {
  const marks = new Map<string, number>([[EVERY_OTHER_TENANT, nowMs]])
  for (const tenant of seen) marks.set(tenant, nowMs)
  for (const { firstCommitAtMs, tenants } of holdings) {
    for (const tenant of tenants) {
      marks.set(tenant, Math.min(marks.get(tenant) ?? nowMs, firstCommitAtMs))
    }
  }
  return marks
}

export interface WatermarkWriterOptions {
  readonly client: ClickHouseClient
  readonly clock: Clock
  readonly collectorId: string
  /** Number of the worker; each has its own rows. */
  readonly worker: number
  /** Workers that are no more: what they left is among the holdings, so their rows must not hold readers back. */
  readonly retired: readonly number[]
  readonly holdings: () => Iterable<Holding>
}

/** A ClickHouse that takes longer gets the next watermark instead; a stop must not wait for it, ms. */
const STATEMENT_MS_MAX = 5_000

const tenantRowSchema = z.array(z.object({ tenant_id: z.string() }))

const RETIRE = `
INSERT INTO watermarks (collector_id, worker, tenant_id, watermark, state)
SELECT collector_id, worker, tenant_id, watermark, 'stopped' FROM watermarks FINAL
WHERE collector_id = {collectorId:String} AND worker = {worker:UInt32} AND state != 'stopped'`

export class WatermarkWriter {
  readonly #options: WatermarkWriterOptions
  readonly #seen = new Set<string>()
  #loaded = false
  #retiredTold = false
  #latest: ReadonlyMap<string, number> = new Map()

  constructor(options: WatermarkWriterOptions) {
    this.#options = options
  }

  /** What was written last. */
  get latest(): ReadonlyMap<string, number> {
    return this.#latest
  }

  /** Writes one row per tenant. `stopped`: nothing is held and nothing will be, so readers need not wait for this worker. */
  async write(state: 'running' | 'stopped'): Promise<void> {
    await this.#loadTenants()
    const { client, clock, collectorId, worker, holdings } = this.#options
    const marks = watermarksAt(clock.nowMs(), holdings(), this.#seen)
    const values = [...marks].map(([tenant, watermarkMs]) => ({
      collector_id: collectorId,
      worker,
      tenant_id: tenant,
      watermark: renderDateTime64(watermarkMs),
      state,
    }))
    await client.insert({
      abort_signal: AbortSignal.timeout(STATEMENT_MS_MAX),
      table: 'watermarks',
      values,
      format: 'JSONEachRow',
      columns: ['collector_id', 'worker', 'tenant_id', 'watermark', 'state'],
    })
    for (const tenant of marks.keys()) this.#see(tenant)
    this.#latest = marks
    await this.#retire()
  }

  /** Tenants that an earlier process wrote rows for: those rows must go on, or they would hold readers back for ever. */
  async #loadTenants(): Promise<void> {
    if (this.#loaded) return
    const { client, collectorId, worker } = this.#options
    const result = await client.query({
      abort_signal: AbortSignal.timeout(STATEMENT_MS_MAX),
      query:
        'SELECT DISTINCT tenant_id FROM watermarks WHERE collector_id = {collectorId:String} AND worker = {worker:UInt32}',
      query_params: { collectorId, worker },
      format: 'JSONEachRow',
    })
    for (const row of tenantRowSchema.parse(await result.json())) this.#see(row.tenant_id)
    this.#loaded = true
  }

  /** After the rows of this worker have taken over. */
  async #retire(): Promise<void> {
    if (this.#retiredTold) return
    const { client, collectorId, retired } = this.#options
    for (const worker of retired) {
      const abort_signal = AbortSignal.timeout(STATEMENT_MS_MAX)
      await client.command({ query: RETIRE, query_params: { collectorId, worker }, abort_signal })
    }
    this.#retiredTold = true
  }

  #see(tenant: string): void {
    if (tenant !== EVERY_OTHER_TENANT) this.#seen.add(tenant)
  }
}
