/** The tenants that a configuration stands for. */
import type { CollectorConfig } from '@sandglass/schemas/config/collector'
import type { Loop } from '../loop.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { createLocalTenant, createTenants, type TenantDirectory } from './tenants.ts'
import { loadTenants } from './tenants-file.ts'

export interface OpenTenants {
  readonly tenants: TenantDirectory
  readonly stop: () => Promise<void>
}

/** Each of `workers` processes grants its part of every limit. Throws ConfigError for a tenants file that cannot be used. */
export async function openTenants(config: CollectorConfig, telemetry: Telemetry): Promise<OpenTenants> {
  const share = 1 / config.workers
  if (config.tenantsFile === undefined) {
    return { tenants: createLocalTenant(config.tenantLimits, share), stop: async () => undefined }
  }
  const tenants = createTenants(config.tenantLimits, share)
  const loop: Loop = await loadTenants(config.tenantsFile, tenants, telemetry)
  return { tenants, stop: () => loop.stop() }
}
