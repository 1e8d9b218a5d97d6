import protobuf from 'protobufjs'

/** The messages of the OpenTelemetry protocol that these tests look into, with the field numbers of its definition. */
const DEFINITION = `
syntax = "proto3";
message Value {
  oneof value { string string = 1; bool bool = 2; int64 int = 3; double double = 4; Values array = 5; bytes bytes = 7; }
}
message Values { repeated Value values = 1; }
message KeyValue { string key = 1; Value value = 2; }
message Status { string message = 2; uint32 code = 3; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5;
  fixed64 start = 7; fixed64 end = 8; repeated KeyValue attributes = 9; Status status = 15;
}
message ScopeSpans { repeated Span spans = 2; }
message ResourceSpans { repeated ScopeSpans scopes = 2; }
message Traces { repeated ResourceSpans resources = 1; }
message LogRecord { repeated KeyValue attributes = 6; bytes trace_id = 9; bytes span_id = 10; string event_name = 12; }
message ScopeLogs { repeated LogRecord records = 2; }
message ResourceLogs { repeated ScopeLogs scopes = 2; }
message Logs { repeated ResourceLogs resources = 1; }
`

const root = protobuf.parse(DEFINITION, { keepCase: true }).root

type Attributes = Readonly<Record<string, unknown>>

export interface SpanSeen {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly startMs: number
  readonly endMs: number
  /** 2 says error. */
  readonly statusCode: number
  readonly attributes: Attributes
}

export interface EventSeen {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly attributes: Attributes
}

interface RawValue {
  readonly value?: 'string' | 'bool' | 'int' | 'double' | 'array' | 'bytes'
  readonly string?: string
  readonly bool?: boolean
  readonly int?: number
  readonly double?: number
  readonly array?: { readonly values: readonly RawValue[] }
}

interface RawKeyValue {
  readonly key: string
  readonly value: RawValue
}

interface RawSpan {
  readonly trace_id: string
  readonly span_id: string
  readonly parent_span_id: string
  readonly name: string
  readonly start: number
  readonly end: number
  readonly status?: { readonly code: number } | null
  readonly attributes: readonly RawKeyValue[]
}

interface RawRecord {
  readonly event_name: string
  readonly trace_id: string
  readonly span_id: string
  readonly attributes: readonly RawKeyValue[]
}

interface Resource<Scope> {
  readonly scopes: readonly Scope[]
}

const NANOSECONDS_PER_MILLISECOND = 1e6

function decode(message: string, body: Uint8Array): ReturnType<protobuf.Type['toObject']> {
  const type = root.lookupType(message)
  return type.toObject(type.decode(body), {
    longs: Number,
    bytes: String,
    arrays: true,
    defaults: true,
    oneofs: true,
  })
}

function hex(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex')
}

function valueOf(raw: RawValue): unknown {
  if (raw.value === 'array') return raw.array?.values.map(valueOf)
  return raw.value === undefined || raw.value === 'bytes' ? undefined : raw[raw.value]
}

function attributesOf(pairs: readonly RawKeyValue[]): Attributes {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, valueOf(value)]))
}

export function decodeSpans(body: Uint8Array): SpanSeen[] {
  const resources: Resource<{ spans: RawSpan[] }>[] = decode('Traces', body)['resources']
  const spans = resources.flatMap(({ scopes }) => scopes.flatMap((scope) => scope.spans))
  return spans.map((span) => ({
    traceId: hex(span.trace_id),
    spanId: hex(span.span_id),
    parentSpanId: hex(span.parent_span_id),
    name: span.name,
    startMs: span.start / NANOSECONDS_PER_MILLISECOND,
    endMs: span.end / NANOSECONDS_PER_MILLISECOND,
    statusCode: span.status?.code ?? 0,
    attributes: attributesOf(span.attributes),
  }))
}

export function decodeEvents(body: Uint8Array): EventSeen[] {
  const resources: Resource<{ records: RawRecord[] }>[] = decode('Logs', body)['resources']
  const records = resources.flatMap(({ scopes }) => scopes.flatMap((scope) => scope.records))
  return records.map(({ event_name: name, trace_id: traceId, span_id: spanId, attributes }) => ({
    name,
    traceId: hex(traceId),
    spanId: hex(spanId),
    attributes: attributesOf(attributes),
  }))
}
