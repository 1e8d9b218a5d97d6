/** The stages of a request, made of the parts of a worker. */
import type { CollectorConfig } from '@sandglass/schemas/config/collector'
import type { Admission } from './admit/admission.ts'
import type { TenantDirectory } from './admit/tenants.ts'
import type { Clock } from './clock.ts'
import type { ExportStages } from './pipeline.ts'
import { createBufferPool } from './receive/buffer-pool.ts'
import { createDecompress } from './receive/decompress.ts'
import { createMemoryBudget } from './receive/memory-budget.ts'
import { readBody } from './receive/read-body.ts'
import { createFingerprint } from './resend/fingerprint.ts'
import type { ResendKeys } from './resend/registry.ts'
import type { Metrics } from './telemetry/metrics.ts'
import type { CommitGroups } from './wal/commit-groups.ts'

export interface ExportParts {
  readonly clock: Clock
  readonly metrics: Metrics
  readonly tenants: TenantDirectory
  readonly admission: Admission
  readonly keys: ResendKeys
  readonly resendSecret: Uint8Array
  readonly groups: CommitGroups
}

export function createExportStages({ limits }: CollectorConfig, parts: ExportParts): ExportStages {
  const { clock, metrics, tenants, admission, keys, groups } = parts
  return {
    admit: ({ request }) => {
      const tenant = tenants.authenticate(request.headers.authorization)
      admission.check()
      tenant.rate.admit(clock.elapsedMs())
      return tenant
    },
    memory: createMemoryBudget(limits.inflightBytesMax, createBufferPool(), () =>
      Object.values(groups).reduce((sum, { openBytes }) => sum + openBytes, 0),
    ),
    read: ({ request }, memory) => readBody(request, limits.wireBytesMax, memory),
    decompress: createDecompress(limits.bodyBytesMax),
    identify: createFingerprint(parts.resendSecret),
    keys,
    commit: (tenantId, signal, encoding, body, key) => {
      metrics.add('receivedBytes', body.length, signal)
      return groups[signal].submit(encoding, body, { tenantId, receivedAtMs: clock.nowMs() }, key)
    },
  }
}
