/** Every path of the collector. */
import type { Admission } from '../admit/admission.ts'
import { messageOf } from '../errors.ts'
import type { CollectorConfig } from '@sandglass/schemas/config/collector'
import {
  acceptExport,
  storeOnce,
  type Acknowledgement,
  type ExportCall,
  type ExportStages,
} from '../pipeline.ts'
import { createGithubRoute } from '../webhook/github-route.ts'
import type { Family } from '../telemetry/metrics.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { createExportRoute } from './export-route.ts'
import { createRouter, type Route } from './router.ts'
import { createStatusRoutes, notFound } from './status-routes.ts'

export interface RouteParts {
  readonly config: Pick<CollectorConfig, 'githubWebhooks'>
  readonly stages: ExportStages
  readonly telemetry: Telemetry
  readonly admission: Admission
  /** What /metrics shows. */
  readonly families: () => Promise<readonly Family[]>
}

/** The route gives its memory back itself. */
const KEEPS_NOTHING = { giveBack: () => undefined }

export function createRoutes({ config, stages, telemetry, admission, families }: RouteParts): Route {
  const accept = (call: ExportCall): Promise<Acknowledgement> => acceptExport(stages, call)
  return createRouter({
    routes: {
      '/v1/traces': createExportRoute({ signal: 'traces', accept, telemetry }),
      '/v1/logs': createExportRoute({ signal: 'logs', accept, telemetry }),
      '/v1/metrics': createExportRoute({ signal: 'metrics', accept, telemetry }),
      '/webhooks/github': createGithubRoute({
        webhooks: config.githubWebhooks,
        telemetry,
        memory: stages.memory,
        store: (tenantId, body) => {
          admission.check()
          return storeOnce(stages, tenantId, { signal: 'logs', encoding: 'json' }, body, KEEPS_NOTHING)
        },
      }),
      ...createStatusRoutes({ admission, families }),
    },
    onNotFound: notFound,
    onError: (error, path) => telemetry.emit('failed', { what: path, error: messageOf(error) }),
  })
}
