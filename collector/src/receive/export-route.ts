/** POST /v1/traces, /v1/logs and /v1/metrics: the head of the request in, the answer of OTLP/HTTP out. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { contentTypes, encodeExportResponse, encodeStatus } from '../otlp/response.ts'
import type { Acknowledgement, ExportCall } from '../pipeline.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { Encoding, Signal } from '../transcode/transcoder.ts'
import { checkEncoding } from './decompress.ts'
import { Refusal } from './refusal.ts'
import { answer, type Route } from './router.ts'
import { toRefusal } from './to-refusal.ts'

export interface ExportRouteOptions {
  readonly signal: Signal
  readonly accept: (call: ExportCall) => Promise<Acknowledgement>
  readonly telemetry: Telemetry
}

export function createExportRoute({ signal, accept, telemetry }: ExportRouteOptions): Route {
  return async (request, response) => {
    const startedAtMs = performance.now()
    const encoding = encodingOf(request.headers['content-type'])
    try {
      const acknowledgement = await accept(parseHead(signal, encoding, request))
      acknowledge(response, encoding ?? 'json', signal, acknowledgement)
      count(telemetry, signal, acknowledgement)
    } catch (error) {
      refuse(response, encoding ?? 'json', toRefusal(error), telemetry)
    }
    telemetry.metrics.add('requests', 1, signal, String(response.statusCode))
    telemetry.metrics.observe('requestDuration', (performance.now() - startedAtMs) / 1000, signal)
  }
}

function count({ metrics }: Telemetry, signal: Signal, { rejected, resend }: Acknowledgement): void {
  if (resend) metrics.add('resends', 1, signal)
  if (rejected > 0) metrics.add('rowsRejected', rejected, signal)
}

const JSON_TYPE = /^application\/json\s*(;|$)/i
const PROTOBUF_TYPE = /^application\/(x-)?protobuf\s*(;|$)/i

function encodingOf(contentType: string | undefined): Encoding | undefined {
  if (contentType === undefined) return undefined
  if (contentType === contentTypes.protobuf || PROTOBUF_TYPE.test(contentType)) return 'protobuf'
  return JSON_TYPE.test(contentType) ? 'json' : undefined
}

/** Throws Refusal for a head that no body can mend. */
function parseHead(signal: Signal, encoding: Encoding | undefined, request: IncomingMessage): ExportCall {
  const { headers, method } = request
  if (method !== 'POST') throw new Refusal('bad_method', `${method ?? ''}: send POST`)
  const contentEncoding = headers['content-encoding']
  checkEncoding(contentEncoding)
  if (encoding !== undefined) return { signal, encoding, contentEncoding, request }
  // Preflights of exporters are empty and may not say what they would send.
  if (headers['content-length'] === '0') return { signal, encoding: 'json', contentEncoding, request }
  throw new Refusal('bad_content_type', 'send Content-Type application/x-protobuf or application/json')
}

const REJECTED_BY_LIMIT = 'records over the limits were left out'

function acknowledge(
  response: ServerResponse,
  encoding: Encoding,
  signal: Signal,
  { rejected, reason }: Acknowledgement,
): void {
  const message = reason ?? (rejected > 0 ? REJECTED_BY_LIMIT : '')
  answer(response, 200, contentTypes[encoding], encodeExportResponse(encoding, signal, rejected, message))
}

function refuse(response: ServerResponse, encoding: Encoding, refusal: Refusal, telemetry: Telemetry): void {
  const { status, rpcCode, close } = refusal.fact
  telemetry.emit('refused', { reason: refusal.reason })
  const { retryAfterSeconds } = refusal
  const headers = {
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    ...(close === true ? { connection: 'close' } : {}),
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    ...(status === 405 ? { allow: 'POST' } : {}),
  }
  answer(response, status, contentTypes[encoding], encodeStatus(encoding, rpcCode, refusal.message), headers)
}
