/** No secret lands, wherever in a request it stands. */
import { event } from '@sandglass/schemas/semconv'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeLogs, encodeTraces } from '../otlp/testing/messages.ts'
import type { KeyValueJson } from '../otlp/testing/otlp-json.ts'
import { createTranscoder } from './transcoder.ts'

const context = { tenantId: 'acme', receivedAtMs: 1_793_000_000_000 }

const SECRET = 'q7Rt2Xv9Lm4Kp8Wz3Bn6'
/** The same secret in the forms it travels in. */
const forms: readonly string[] = [
  `ghp_${SECRET}${SECRET}`,
  `curl -H "Authorization: Bearer ${SECRET}" https://api.example`,
  `https://ci:${SECRET}@code.example/shop.git`,
  `export API_TOKEN=${SECRET} && ./run.sh`,
  `failed: {"password": "${SECRET}"}`,
  `--password ${SECRET}`,
  `key=${SECRET}`,
]

const attribute = (key: string, stringValue: string): KeyValueJson => ({ key, value: { stringValue } })

/** Every place of a request that holds text, by name. */
const places: Readonly<
  Record<string, (text: string) => { readonly traces?: object; readonly logs?: object }>
> = {
  'a resource attribute': (text) => spans({}, { resource: { attributes: [attribute('a', text)] } }),
  'the name of the service': (text) =>
    spans({}, { resource: { attributes: [attribute('service.name', text)] } }),
  'the name of a scope': (text) => spans({}, {}, { scope: { name: text, version: text } }),
  'the name of a span': (text) => spans({ name: text }),
  'the state of a trace': (text) => spans({ traceState: text }),
  'a status message': (text) => spans({ status: { message: text, code: 2 } }),
  'a span attribute': (text) => spans({ attributes: [attribute('error.message', text)] }),
  'the name of an attribute': (text) => spans({ attributes: [attribute(text.slice(0, 200), 'x')] }),
  'a promoted attribute': (text) => spans({ attributes: [attribute('process.command_line', text)] }),
  'an array attribute': (text) =>
    spans({ attributes: [{ key: 'a', value: { arrayValue: { values: [{ stringValue: text }] } } }] }),
  'a map attribute': (text) =>
    spans({ attributes: [{ key: 'a', value: { kvlistValue: { values: [attribute('b', text)] } } }] }),
  'the name of a span event': (text) => spans({ events: [{ name: text }] }),
  'an attribute of a span event': (text) => spans({ events: [{ attributes: [attribute('a', text)] }] }),
  'the state of a link': (text) => spans({ links: [{ traceState: text }] }),
  'an attribute of a link': (text) => spans({ links: [{ attributes: [attribute('a', text)] }] }),
  'the body of a log record': (text) => logs({ body: { stringValue: text } }),
  'a body that is a map': (text) => logs({ body: { kvlistValue: { values: [attribute('b', text)] } } }),
  'a log attribute': (text) => logs({ attributes: [attribute('http.request.header.x', text)] }),
  'the name of an event': (text) => logs({ eventName: text }),
  'the text of a severity': (text) => logs({ severityText: text }),
  'a scope attribute': (text) => logs({}, { scope: { attributes: [attribute('a', text)] } }),
  'the URL of a schema': (text) => logs({}, { schemaUrl: text }),
  'a task that is charged': (text) =>
    logs({ eventName: event.usageMeasured, attributes: [attribute('task', text)] }),
}

function spans(
  span: object,
  resourceSpans: object = {},
  scopeSpans: object = {},
): { readonly traces: object } {
  return { traces: { resourceSpans: [{ ...resourceSpans, scopeSpans: [{ ...scopeSpans, spans: [span] }] }] } }
}

function logs(logRecord: object, scopeLogs: object = {}): { readonly logs: object } {
  return { logs: { resourceLogs: [{ scopeLogs: [{ ...scopeLogs, logRecords: [logRecord] }] }] } }
}

function store(
  sent: { readonly traces?: object; readonly logs?: object },
  encoding: 'protobuf' | 'json',
): string {
  const transcoder = createTranscoder({
    sandboxes: { find: () => undefined },
    price: (_, attributes) => ({
      priceVersion: 'v1',
      charges: [{ taskId: String(attributes.get('task')), sku: 's', quantity: 1n, unit: 'u', costUsd: 1n }],
    }),
  })
  const { traces, logs: logsSent } = sent
  const json = Buffer.from(JSON.stringify(traces ?? logsSent))
  if (traces)
    transcoder.append('traces', encoding, encoding === 'json' ? json : encodeTraces(traces), context)
  if (logsSent)
    transcoder.append('logs', encoding, encoding === 'json' ? json : encodeLogs(logsSent), context)
  const block = transcoder.take(traces ? 'otel_traces' : 'otel_logs')
  return Buffer.from(block?.bytes ?? []).toString('latin1')
}

describe.each(['protobuf', 'json'] as const)('secrets in %s', (encoding) => {
  test.each(Object.entries(places))('in %s are cut and marked', (_, place) => {
    for (const form of forms) {
      const stored = store(place(form), encoding)
      expect(stored).not.toContain(SECRET)
      expect(stored).toContain('[redacted:')
    }
  })

  test('wherever they begin in a string they are cut, at every alignment', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 9 }), fc.constantFrom(...forms), (before, form) => {
        expect(store(spans({ name: `${before} ${form}` }), encoding)).not.toContain(SECRET)
      }),
      { numRuns: 300 },
    )
  })

  test.each(['db.password', 'http.request.header.authorization', 'x-api-key'])(
    'the value of the attribute %s is cut whatever it is',
    (key) => {
      const values = [
        { stringValue: 'short' },
        { intValue: '424242' },
        { arrayValue: { values: [{ stringValue: 'short' }] } },
      ]
      for (const value of values) {
        const stored = store(spans({ attributes: [{ key, value }] }), encoding)
        expect(stored).toContain('[redacted:name]')
        expect(stored).not.toMatch(/short|424242/)
      }
    },
  )
})

test('strings that held a secret are counted, others are not', () => {
  const transcoder = createTranscoder({ sandboxes: { find: () => undefined } })
  const sent = spans({
    name: `token=${SECRET}`,
    attributes: [attribute('a', 'npm test'), attribute('b', 'token bucket')],
  })
  transcoder.append('traces', 'protobuf', encodeTraces(sent.traces), context)
  expect(transcoder.counts.stringsRedacted).toBe(1)
})
