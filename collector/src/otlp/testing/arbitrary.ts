/** Generated requests: every attribute type, nesting, missing field, odd time, bad id, planted secret. */
import { attr } from '@sandglass/schemas/semconv'
import * as fc from 'fast-check'
import type { AnyValueJson, LogRecordJson, LogsJson, SpanJson, TracesJson } from './otlp-json.ts'

const DAY_NS = 86_400_000_000_000n

/** An object of which any field may be missing. */
function record<T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return fc.record<T, never>(fields, { requiredKeys: [] })
}

const secrets = fc.constantFrom(
  `curl -H "Authorization: Bearer ${'a1B2'.repeat(6)}" https://api.example`,
  `ghp_${'x9'.repeat(20)}`,
  'postgres://app:hunter2@db/shop',
  'export TOKEN=abc && run',
  '{"password":"x","user":"y"}',
  `eyJ${'hbGciOi'.repeat(5)}`,
)

export const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 30 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ minLength: 100, maxLength: 300 }) },
  { weight: 1, arbitrary: secrets },
  { weight: 1, arbitrary: fc.constant('') },
)

const name = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...Object.values(attr)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'a',
      'http.route',
      'db.password',
      'x-api-key',
      '',
      attr.taskId,
      attr.sandboxId,
    ),
  },
  { weight: 2, arbitrary: text },
)

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const integer = fc.oneof(int64, fc.integer().map(BigInt), fc.constantFrom(0n, -1n, 2n ** 31n, -(2n ** 31n)))

const double = fc.oneof(
  fc.double(),
  fc.integer({ min: -10_000_000, max: 10_000_000 }).map((value) => value / 1000),
  fc.constantFrom(0, -0, 1e21, 1e-7, 123_456_789.123_456_7, Number.MAX_VALUE, Number.MIN_VALUE),
)

/** JSON has no word for the numbers that are not finite, and JSON.stringify none for minus zero. */
const jsonDouble = double.map((value) => {
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? value : String(value)
})

export const anyValue: fc.Arbitrary<AnyValueJson> = fc.letrec<{ value: AnyValueJson }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text.map((stringValue) => ({ stringValue })),
    fc.boolean().map((boolValue) => ({ boolValue })),
    integer.map((value) => ({ intValue: String(value) })),
    jsonDouble.map((doubleValue) => ({ doubleValue })),
    fc.uint8Array({ maxLength: 12 }).map((bytes) => ({ bytesValue: Buffer.from(bytes).toString('base64') })),
    fc.constant({}),
    fc.array(tie('value'), { maxLength: 4 }).map((values) => ({ arrayValue: { values } })),
    fc
      .array(record({ key: name, value: tie('value') }), { maxLength: 4 })
      .map((values) => ({ kvlistValue: { values } })),
    fc.constantFrom({ arrayValue: {} }, { kvlistValue: {} }),
  ),
})).value

const attributes = fc.array(record({ key: name, value: anyValue }), { maxLength: 8 })

const id = (bytes: number): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 20, arbitrary: hex(bytes) },
    { weight: 1, arbitrary: fc.constant('0'.repeat(bytes * 2)) },
    { weight: 1, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.nat({ max: 20 }).chain(hex) },
  )

function hex(bytes: number): fc.Arbitrary<string> {
  return fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((raw) => Buffer.from(raw).toString('hex'))
}

/** Times around one instant: some missing, some long ago, some ahead, some absurd. */
const time = (nowMs: number): fc.Arbitrary<string> => {
  const now = BigInt(nowMs) * 1_000_000n
  return fc
    .oneof(
      { weight: 8, arbitrary: fc.bigInt({ min: now - DAY_NS, max: now }) },
      { weight: 1, arbitrary: fc.bigInt({ min: now - 40n * DAY_NS, max: now + DAY_NS }) },
      { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) },
      { weight: 1, arbitrary: fc.constantFrom(0n, 1n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n) },
    )
    .map(String)
}

const int32 = fc.oneof(fc.nat({ max: 6 }), fc.integer())

const spans = (nowMs: number): fc.Arbitrary<readonly SpanJson[]> => {
  const events = record({ timeUnixNano: time(nowMs), name: text, attributes })
  const links = record({ traceId: id(16), spanId: id(8), traceState: text, attributes })
  return fc.array(
    record({
      traceId: id(16),
      spanId: id(8),
      traceState: text,
      parentSpanId: id(8),
      name: text,
      kind: int32,
      startTimeUnixNano: time(nowMs),
      endTimeUnixNano: time(nowMs),
      attributes,
      events: fc.array(events, { maxLength: 4 }),
      links: fc.array(links, { maxLength: 3 }),
      status: record({ message: text, code: int32 }),
    }),
    { maxLength: 6 },
  )
}

const logRecords = (nowMs: number): fc.Arbitrary<readonly LogRecordJson[]> =>
  fc.array(
    record({
      timeUnixNano: time(nowMs),
      observedTimeUnixNano: time(nowMs),
      severityNumber: int32,
      severityText: text,
      body: anyValue,
      attributes,
      flags: fc.nat(),
      traceId: id(16),
      spanId: id(8),
      eventName: fc.oneof(text, fc.constantFrom('sandbox.usage.measured', 'sandglass.task.started')),
    }),
    { maxLength: 6 },
  )

const resource = record({ attributes })
const scope = record({ name: text, version: text, attributes })

export const tracesRequest = (nowMs: number): fc.Arbitrary<TracesJson> => {
  const scopeSpans = record({ scope, schemaUrl: text, spans: spans(nowMs) })
  const resourceSpans = record({
    resource,
    schemaUrl: text,
    scopeSpans: fc.array(scopeSpans, { maxLength: 3 }),
  })
  return record({ resourceSpans: fc.array(resourceSpans, { maxLength: 3 }) })
}

export const logsRequest = (nowMs: number): fc.Arbitrary<LogsJson> => {
  const scopeLogs = record({ scope, schemaUrl: text, logRecords: logRecords(nowMs) })
  const resourceLogs = record({ resource, schemaUrl: text, scopeLogs: fc.array(scopeLogs, { maxLength: 3 }) })
  return record({ resourceLogs: fc.array(resourceLogs, { maxLength: 3 }) })
}
