import { decodeMessage } from './otlp-messages.ts'

export type Attributes = Readonly<Record<string, unknown>>

export interface SeenSpan {
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly startNs: bigint
  readonly endNs: bigint
  readonly attributes: Attributes
  readonly resource: Attributes
  readonly links: readonly string[]
  /** 2 says error. */
  readonly statusCode: number
  readonly statusMessage: string
}

export interface SeenEvent {
  readonly name: string
  readonly timeNs: bigint
  readonly traceId: string
  readonly spanId: string
  readonly attributes: Attributes
  readonly resource: Attributes
}

interface RawValue {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: string | number
  readonly doubleValue?: number
  readonly arrayValue?: { readonly values?: readonly RawValue[] }
}

interface RawAttribute {
  readonly key: string
  readonly value: RawValue
}

interface RawRecord {
  readonly traceId?: string
  readonly spanId?: string
  readonly attributes?: readonly RawAttribute[]
}

interface RawSpan extends RawRecord {
  readonly name: string
  readonly kind: number
  readonly parentSpanId?: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly links?: readonly { readonly spanId: string }[]
  readonly status?: { readonly code?: number; readonly message?: string }
}

interface RawLog extends RawRecord {
  readonly eventName: string
  readonly timeUnixNano: string
}

interface Carrier {
  readonly resource?: { readonly attributes?: readonly RawAttribute[] }
}

interface Traces {
  readonly resourceSpans: readonly (Carrier & {
    readonly scopeSpans: readonly { readonly spans: RawSpan[] }[]
  })[]
}

interface Logs {
  readonly resourceLogs: readonly (Carrier & {
    readonly scopeLogs: readonly { readonly logRecords: RawLog[] }[]
  })[]
}

export type Encoding = 'protobuf' | 'json'

function valueOf(value: RawValue): unknown {
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(valueOf)
  if (value.intValue !== undefined) return Number(value.intValue)
  return value.stringValue ?? value.boolValue ?? value.doubleValue
}

const attributesOf = (pairs: readonly RawAttribute[] = []): Attributes =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, valueOf(value)]))

/** Protobuf carries ids as bytes, JSON as hexadecimal text. */
const idOf = (id: string | undefined, encoding: Encoding): string =>
  encoding === 'json' ? (id ?? '') : Buffer.from(id ?? '', 'base64').toString('hex')

function parse(message: 'Traces' | 'Logs', body: Uint8Array, encoding: Encoding): unknown {
  return encoding === 'json' ? JSON.parse(Buffer.from(body).toString('utf8')) : decodeMessage(message, body)
}

export function readSpans(body: Uint8Array, encoding: Encoding): SeenSpan[] {
  const { resourceSpans } = parse('Traces', body, encoding) as Traces
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        name: span.name,
        kind: span.kind,
        traceId: idOf(span.traceId, encoding),
        spanId: idOf(span.spanId, encoding),
        parentSpanId: idOf(span.parentSpanId, encoding),
        startNs: BigInt(span.startTimeUnixNano),
        endNs: BigInt(span.endTimeUnixNano),
        attributes: attributesOf(span.attributes),
        resource: attributesOf(resource?.attributes),
        links: (span.links ?? []).map(({ spanId }) => idOf(spanId, encoding)),
        statusCode: span.status?.code ?? 0,
        statusMessage: span.status?.message ?? '',
      })),
    ),
  )
}

export function readEvents(body: Uint8Array, encoding: Encoding): SeenEvent[] {
  const { resourceLogs } = parse('Logs', body, encoding) as Logs
  return resourceLogs.flatMap(({ resource, scopeLogs }) =>
    scopeLogs.flatMap(({ logRecords }) =>
      logRecords.map((record) => ({
        name: record.eventName,
        timeNs: BigInt(record.timeUnixNano),
        traceId: idOf(record.traceId, encoding),
        spanId: idOf(record.spanId, encoding),
        attributes: attributesOf(record.attributes),
        resource: attributesOf(resource?.attributes),
      })),
    ),
  )
}
