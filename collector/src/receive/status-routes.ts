/** GET /health, /ready and /metrics. */
import type { Admission } from '../admit/admission.ts'
import type { Family } from '../telemetry/metrics.ts'
import { PROMETHEUS_CONTENT_TYPE, renderPrometheus } from '../telemetry/prometheus-text.ts'
import { answer, type Route } from './router.ts'

export interface StatusRoutesOptions {
  readonly admission: Pick<Admission, 'isOpen' | 'reasons'>
  readonly families: () => Promise<readonly Family[]>
}

const JSON_TYPE = 'application/json'

/** `/health`: the process answers. `/ready`: it accepts requests; else 503 with the reasons. */
export function createStatusRoutes({
  admission,
  families,
}: StatusRoutesOptions): Readonly<Record<string, Route>> {
  return {
    '/health': (_, response) => answer(response, 200, JSON_TYPE, '{"status":"ok"}'),
    '/ready': (_, response) => {
      const { isOpen, reasons } = admission
      const status = isOpen ? 'ready' : 'closed'
      answer(response, isOpen ? 200 : 503, JSON_TYPE, JSON.stringify({ status, reasons }))
    },
    '/metrics': async (_, response) =>
      answer(response, 200, PROMETHEUS_CONTENT_TYPE, renderPrometheus(await families())),
  }
}

const PATHS = ['/v1/traces', '/v1/logs', '/webhooks/github', '/health', '/ready', '/metrics']

export const notFound: Route = (request, response) =>
  answer(
    response,
    404,
    JSON_TYPE,
    JSON.stringify({ code: 5, message: `${request.url ?? ''} is not here; here are ${PATHS.join(', ')}` }),
  )
