/** Reads what other collectors heard of sandboxes, again and again. */
import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import { sandboxesQuery, type SandboxRegistry } from '../enrich/sandbox-registry.ts'
import { messageOf } from '../errors.ts'
import { startLoop, type Loop } from '../loop.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

const rowsSchema = z.array(
  z.object({
    tenantId: z.string(),
    sandboxId: z.string(),
    teamId: z.string(),
    userId: z.string(),
    taskId: z.string(),
    taskClass: z.string(),
    tier: z.string(),
    instanceType: z.string(),
  }),
)

export function refreshSandboxes(
  client: ClickHouseClient,
  sandboxes: SandboxRegistry,
  intervalMs: number,
  telemetry: Telemetry,
): Loop {
  const refresh = async (): Promise<void> => {
    const result = await client.query({ query: sandboxesQuery, format: 'JSONEachRow' })
    sandboxes.refresh(rowsSchema.parse(await result.json()))
  }
  return startLoop(intervalMs, refresh, (error) =>
    telemetry.emit('sandboxesStale', { error: messageOf(error) }),
  )
}
