/** Reads what other collectors heard of sandboxes, again and again. */
import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import type { Clock } from '../clock.ts'
import { sandboxesQuery, type SandboxRegistry } from '../enrich/sandbox-registry.ts'
import { messageOf } from '../errors.ts'
import { startLoop, type Loop } from '../loop.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

/** What happened longer ago is read at the start and now and then: another collector may have been cut off until now, ms. */
const NEWS_MS = 10 * 60_000
const EVERYTHING_MS = 7 * 24 * 3_600_000
const EVERYTHING_INTERVAL_MS = 5 * 60_000
/** Time one read may take, ms. */
const READ_MS_MAX = 30_000

const rowSchema = z.object({
  tenantId: z.string(),
  sandboxId: z.string(),
  teamId: z.string(),
  userId: z.string(),
  taskId: z.string(),
  taskClass: z.string(),
  tier: z.string(),
  instanceType: z.string(),
})

export interface RefreshOptions {
  readonly client: ClickHouseClient
  readonly sandboxes: SandboxRegistry
  readonly clock: Clock
  readonly intervalMs: number
  readonly telemetry: Telemetry
}

export function refreshSandboxes({ client, sandboxes, clock, intervalMs, telemetry }: RefreshOptions): Loop {
  let everythingAtMs = -Infinity
  const stopping = new AbortController()
  const refresh = async (): Promise<void> => {
    const elapsedMs = clock.elapsedMs()
    const isDue = elapsedMs - everythingAtMs >= EVERYTHING_INTERVAL_MS
    const sinceMs = clock.nowMs() - (isDue ? EVERYTHING_MS : NEWS_MS)
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(READ_MS_MAX)])
    await readSandboxes(client, sandboxes, sinceMs, signal)
    if (isDue) everythingAtMs = elapsedMs
  }
  const loop = startLoop(intervalMs, refresh, (error) => {
    if (!stopping.signal.aborted) telemetry.emit('sandboxesStale', { error: messageOf(error) })
  })
  return {
    stop: () => {
      stopping.abort()
      return loop.stop()
    },
  }
}

/** Rows are taken over as they arrive: there may be many, and requests must not wait for them. */
export async function readSandboxes(
  client: ClickHouseClient,
  sandboxes: Pick<SandboxRegistry, 'refresh'>,
  sinceMs: number,
  signal = AbortSignal.timeout(READ_MS_MAX),
): Promise<void> {
  const result = await client.query({
    query: sandboxesQuery,
    query_params: { sinceMs },
    abort_signal: signal,
    format: 'JSONEachRow',
  })
  for await (const rows of result.stream()) sandboxes.refresh(rows.map((row) => rowSchema.parse(row.json())))
}
