/** Every path of the collector. */
import type { Admission } from '../admit/admission.ts'
import { messageOf } from '../errors.ts'
import { acceptExport, type ExportCall, type ExportStages, type Acknowledgement } from '../pipeline.ts'
import type { Family } from '../telemetry/metrics.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { createExportRoute } from './export-route.ts'
import { createRouter, type Route } from './router.ts'
import { createStatusRoutes, notFound } from './status-routes.ts'

export interface RouteParts {
  readonly stages: ExportStages
  readonly telemetry: Telemetry
  readonly admission: Admission
  /** What /metrics shows. */
  readonly families: () => Promise<readonly Family[]>
}

export function createRoutes({ stages, telemetry, admission, families }: RouteParts): Route {
  const accept = (call: ExportCall): Promise<Acknowledgement> => acceptExport(stages, call)
  return createRouter({
    routes: {
      '/v1/traces': createExportRoute({ signal: 'traces', accept, telemetry }),
      '/v1/logs': createExportRoute({ signal: 'logs', accept, telemetry }),
      ...createStatusRoutes({ admission, families }),
    },
    onNotFound: notFound,
    onError: (error, path) => telemetry.emit('failed', { what: path, error: messageOf(error) }),
  })
}
