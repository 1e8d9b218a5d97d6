/**
 * Requests in the shape of Cloudflare's own export of Workers traces and logs: OTLP/HTTP in JSON, with the attributes its page
 * lists (https://developers.cloudflare.com/workers/observability/traces/spans-and-attributes/). Clocks of Workers stand still
 * between inputs and outputs, so times repeat and a counter tells the order.
 */
import { randomBytes } from 'node:crypto'

const SCRIPT = 'agent-worker'

const RESOURCE = {
  attributes: [
    text('service.name', SCRIPT),
    text('cloud.provider', 'cloudflare'),
    text('cloud.platform', 'cloudflare.workers'),
    text('telemetry.sdk.language', 'javascript'),
    text('telemetry.sdk.name', 'cloudflare'),
    text('faas.name', SCRIPT),
    text('cloudflare.script_name', SCRIPT),
    text('cloudflare.script_version.id', '0c4c6f9e-66f7-4f60-bf0b-3c1b6a7f4b6e'),
  ],
}

const SCOPE = { name: 'cloudflare' }

function text(key: string, value: string): object {
  return { key, value: { stringValue: value } }
}

const integer = (key: string, value: number): object => ({ key, value: { intValue: value } })

const INTERNAL = 1
const SERVER = 2
const CLIENT = 3

/** One invocation: the request that came in, a call to a Durable Object, and an operation of a sandbox's container below it. */
export function tracesRequest(sandboxId: string, nowMs: number): object {
  const traceId = randomBytes(16).toString('hex')
  const ids = Array.from({ length: 3 }, () => randomBytes(8).toString('hex'))
  const [root = '', call = '', exec = ''] = ids
  const span = (
    sequence: number,
    spanId: string,
    parentSpanId: string,
    name: string,
    kind: number,
    more: object[],
  ): object => ({
    traceId,
    spanId,
    ...(parentSpanId === '' ? {} : { parentSpanId }),
    name,
    kind,
    startTimeUnixNano: `${nowMs}000000`,
    endTimeUnixNano: `${nowMs + 12}000000`,
    attributes: [
      text('faas.invocation_id', 'inv-1'),
      text('faas.invoked_region', 'eu'),
      text('cloudflare.colo', 'FRA'),
      integer('cloudflare.invocation.sequence.number', sequence),
      ...more,
    ],
    status: {},
  })
  const spans = [
    span(0, root, '', 'fetch', SERVER, [
      text('faas.trigger', 'http'),
      text('cloudflare.ray_id', '9a1f2b3c4d5e6f70'),
      text('http.request.method', 'POST'),
      integer('http.response.status_code', 200),
      { key: 'cloudflare.response.time_to_first_byte_ms', value: { doubleValue: 11.5 } },
    ]),
    span(1, call, root, 'durable_object_subrequest', CLIENT, [text('rpc.method', 'exec')]),
    span(2, exec, call, 'sandbox.exec', INTERNAL, [
      text('sandbox.id', sandboxId),
      { key: 'sandbox.background', value: { boolValue: false } },
    ]),
  ]
  return { resourceSpans: [{ resource: RESOURCE, scopeSpans: [{ scope: SCOPE, spans }] }] }
}

/** What `console.log` wrote in that invocation. */
export function logsRequest(message: string, nowMs: number): object {
  const record = {
    timeUnixNano: `${nowMs}000000`,
    observedTimeUnixNano: `${nowMs}000000`,
    severityNumber: 9,
    severityText: 'INFO',
    body: { stringValue: message },
    attributes: [text('faas.invocation_id', 'inv-1'), integer('cloudflare.invocation.sequence.number', 3)],
    traceId: '',
    spanId: '',
  }
  return { resourceLogs: [{ resource: RESOURCE, scopeLogs: [{ scope: SCOPE, logRecords: [record] }] }] }
}
