/** OTLP export requests for tests: real protobuf and JSON bodies of spans and events with ids that can be counted. */

export interface SpanSpec {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
  readonly name: string
  readonly startMs: number
  readonly attributes?: Readonly<Record<string, string>>
}

export interface EventSpec {
  readonly eventName: string
  readonly timeMs: number
  readonly attributes?: Readonly<Record<string, string | number>>
}

export function encodeSpans(spans: readonly SpanSpec[]): Buffer {
  const encoded = spans.map((span) => field(2, encodeSpan(span)))
  return field(1, Buffer.concat([field(2, Buffer.concat(encoded))]))
}

function encodeSpan({ traceId, spanId, name, startMs, attributes = {} }: SpanSpec): Buffer {
  return Buffer.concat([
    field(1, Buffer.from(traceId, 'hex')),
    field(2, Buffer.from(spanId, 'hex')),
    field(5, Buffer.from(name)),
    Buffer.from([6 << 3, 1]),
    fixed64(7, startMs),
    fixed64(8, startMs + 1),
    ...Object.entries(attributes).map(([key, value]) => field(9, encodeAttribute(key, value))),
  ])
}

/** AnyValue of a string or a double. */
function encodeAttribute(key: string, value: string | number): Buffer {
  const content = typeof value === 'string' ? field(1, Buffer.from(value)) : double(4, value)
  return Buffer.concat([field(1, Buffer.from(key)), field(2, content)])
}

export function encodeEvents(events: readonly EventSpec[]): Buffer {
  const encoded = events.map((one) => field(2, encodeEvent(one)))
  return field(1, Buffer.concat([field(2, Buffer.concat(encoded))]))
}

function encodeEvent({ eventName, timeMs, attributes = {} }: EventSpec): Buffer {
  return Buffer.concat([
    fixed64(1, timeMs),
    ...Object.entries(attributes).map(([key, value]) => field(6, encodeAttribute(key, value))),
    field(12, Buffer.from(eventName)),
  ])
}

function double(number: number, value: number): Buffer {
  const out = Buffer.alloc(9)
  out.writeUInt8((number << 3) | 1, 0)
  out.writeDoubleLE(value, 1)
  return out
}

function fixed64(number: number, ms: number): Buffer {
  const out = Buffer.alloc(9)
  out.writeUInt8((number << 3) | 1, 0)
  out.writeBigUInt64LE(BigInt(ms) * 1_000_000n, 1)
  return out
}

function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2]), varint(content.length), content])
}

function varint(value: number): Buffer {
  const out: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128)
  return Buffer.from([...out, rest])
}

export function renderSpansJson(spans: readonly SpanSpec[]): string {
  const rendered = spans.map(({ traceId, spanId, name, startMs, attributes = {} }) => ({
    traceId,
    spanId,
    name,
    kind: 1,
    startTimeUnixNano: nanos(startMs),
    endTimeUnixNano: nanos(startMs + 1),
    attributes: renderAttributes(attributes),
  }))
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: rendered }] }] })
}

export function renderEventsJson(events: readonly EventSpec[]): string {
  const logRecords = events.map(({ eventName, timeMs, attributes = {} }) => ({
    timeUnixNano: nanos(timeMs),
    eventName,
    attributes: renderAttributes(attributes),
  }))
  return JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })
}

const nanos = (ms: number): string => `${BigInt(ms) * 1_000_000n}`

function renderAttributes(attributes: Readonly<Record<string, string | number>>): readonly object[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { doubleValue: value },
  }))
}
