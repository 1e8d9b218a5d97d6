/** Every path of the collector. */
import type { Admission } from '../admit/admission.ts'
import { messageOf } from '../errors.ts'
import { acceptExport, type ExportCall, type ExportStages, type Acknowledgement } from '../pipeline.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { createExportRoute } from './export-route.ts'
import { createRouter, type Route } from './router.ts'
import { createStatusRoutes, notFound } from './status-routes.ts'

export interface RouteParts {
  readonly stages: ExportStages
  readonly telemetry: Telemetry
  readonly admission: Admission
}

export function createRoutes({ stages, telemetry, admission }: RouteParts): Route {
  const accept = (call: ExportCall): Promise<Acknowledgement> => acceptExport(stages, call)
  return createRouter({
    routes: {
      '/v1/traces': createExportRoute({ signal: 'traces', accept, telemetry }),
      '/v1/logs': createExportRoute({ signal: 'logs', accept, telemetry }),
      ...createStatusRoutes({ admission, metrics: telemetry.metrics }),
    },
    onNotFound: notFound,
    onError: (error, path) => telemetry.emit('failed', { what: path, error: messageOf(error) }),
  })
}
