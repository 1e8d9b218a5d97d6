/** The enforcer's configuration in the all-in-one. */
import { resolve } from 'node:path'
import { ensureSecret } from './data-directory.ts'
import type { Stack } from './stack.ts'

export interface EnforcerFlags {
  readonly budgets?: string
  readonly governorUrl?: string
}

/** Reads through the guarded port, records through the collector, acts only when a governor is named. */
export async function enforcerConfig(
  { directory, endpoints }: Pick<Stack, 'directory' | 'endpoints'>,
  { budgets, governorUrl }: EnforcerFlags,
): Promise<Readonly<Record<string, unknown>>> {
  return {
    clickhouse: {
      url: endpoints.readUrl,
      ...(endpoints.readToken === undefined ? {} : { password: endpoints.readToken }),
    },
    collector: { url: endpoints.otlpUrl },
    ...(budgets === undefined ? {} : { budgetsFile: resolve(budgets) }),
    ...(governorUrl === undefined
      ? {}
      : { governor: { url: governorUrl, secret: await ensureSecret(directory, 'governor') } }),
  }
}
