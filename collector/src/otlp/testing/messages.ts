/** OTLP messages for a general protobuf library, to write requests and to read them back in tests. */
import protobuf from 'protobufjs'

type Field = readonly [type: string, id: number]
type RepeatedField = readonly [type: string, id: number, rule: 'repeated']

const message = (fields: Readonly<Record<string, Field | RepeatedField>>): protobuf.IType => ({
  fields: Object.fromEntries(
    Object.entries(fields).map(([name, [type, id, rule]]) => [
      name,
      rule ? { type, id, rule } : { type, id },
    ]),
  ),
})

/** https://github.com/open-telemetry/opentelemetry-proto at v1.7, the parts that traces and logs use. */
const root = protobuf.Root.fromJSON({
  nested: {
    ExportTraceServiceRequest: message({ resourceSpans: ['ResourceSpans', 1, 'repeated'] }),
    ResourceSpans: message({
      resource: ['Resource', 1],
      scopeSpans: ['ScopeSpans', 2, 'repeated'],
      schemaUrl: ['string', 3],
    }),
    ScopeSpans: message({
      scope: ['InstrumentationScope', 1],
      spans: ['Span', 2, 'repeated'],
      schemaUrl: ['string', 3],
    }),
    Span: message({
      traceId: ['bytes', 1],
      spanId: ['bytes', 2],
      traceState: ['string', 3],
      parentSpanId: ['bytes', 4],
      name: ['string', 5],
      kind: ['int32', 6],
      startTimeUnixNano: ['fixed64', 7],
      endTimeUnixNano: ['fixed64', 8],
      attributes: ['KeyValue', 9, 'repeated'],
      droppedAttributesCount: ['uint32', 10],
      events: ['Event', 11, 'repeated'],
      droppedEventsCount: ['uint32', 12],
      links: ['Link', 13, 'repeated'],
      droppedLinksCount: ['uint32', 14],
      status: ['Status', 15],
      flags: ['fixed32', 16],
    }),
    Event: message({
      timeUnixNano: ['fixed64', 1],
      name: ['string', 2],
      attributes: ['KeyValue', 3, 'repeated'],
      droppedAttributesCount: ['uint32', 4],
    }),
    Link: message({
      traceId: ['bytes', 1],
      spanId: ['bytes', 2],
      traceState: ['string', 3],
      attributes: ['KeyValue', 4, 'repeated'],
      droppedAttributesCount: ['uint32', 5],
      flags: ['fixed32', 6],
    }),
    Status: message({ message: ['string', 2], code: ['int32', 3] }),
    ExportLogsServiceRequest: message({ resourceLogs: ['ResourceLogs', 1, 'repeated'] }),
    ResourceLogs: message({
      resource: ['Resource', 1],
      scopeLogs: ['ScopeLogs', 2, 'repeated'],
      schemaUrl: ['string', 3],
    }),
    ScopeLogs: message({
      scope: ['InstrumentationScope', 1],
      logRecords: ['LogRecord', 2, 'repeated'],
      schemaUrl: ['string', 3],
    }),
    LogRecord: message({
      timeUnixNano: ['fixed64', 1],
      severityNumber: ['int32', 2],
      severityText: ['string', 3],
      body: ['AnyValue', 5],
      attributes: ['KeyValue', 6, 'repeated'],
      droppedAttributesCount: ['uint32', 7],
      flags: ['fixed32', 8],
      traceId: ['bytes', 9],
      spanId: ['bytes', 10],
      observedTimeUnixNano: ['fixed64', 11],
      eventName: ['string', 12],
    }),
    Resource: message({ attributes: ['KeyValue', 1, 'repeated'], droppedAttributesCount: ['uint32', 2] }),
    InstrumentationScope: message({
      name: ['string', 1],
      version: ['string', 2],
      attributes: ['KeyValue', 3, 'repeated'],
      droppedAttributesCount: ['uint32', 4],
    }),
    KeyValue: message({ key: ['string', 1], value: ['AnyValue', 2] }),
    AnyValue: {
      oneofs: {
        value: {
          oneof: [
            'stringValue',
            'boolValue',
            'intValue',
            'doubleValue',
            'arrayValue',
            'kvlistValue',
            'bytesValue',
          ],
        },
      },
      ...message({
        stringValue: ['string', 1],
        boolValue: ['bool', 2],
        intValue: ['int64', 3],
        doubleValue: ['double', 4],
        arrayValue: ['ArrayValue', 5],
        kvlistValue: ['KeyValueList', 6],
        bytesValue: ['bytes', 7],
      }),
    },
    ArrayValue: message({ values: ['AnyValue', 1, 'repeated'] }),
    KeyValueList: message({ values: ['KeyValue', 1, 'repeated'] }),
  },
})

export const TracesRequest = root.lookupType('ExportTraceServiceRequest')
export const LogsRequest = root.lookupType('ExportLogsServiceRequest')

/** Protobuf bytes of a request written as OTLP/JSON. */
export function encodeTraces(request: object): Uint8Array {
  return encode(TracesRequest, request)
}

export function encodeLogs(request: object): Uint8Array {
  return encode(LogsRequest, request)
}

function encode(type: protobuf.Type, request: object): Uint8Array {
  return type.encode(type.fromObject(toMessage(request))).finish()
}

/** Ids are hexadecimal in OTLP/JSON where protobuf's own mapping has base64, and NaN and the infinities are strings. */
function toMessage(request: object): object {
  return JSON.parse(JSON.stringify(request), (name, value: unknown) => {
    if (typeof value !== 'string') return value
    if (name === 'doubleValue') return Number(value)
    return /^(?:traceId|spanId|parentSpanId)$/.test(name) ? Buffer.from(value, 'hex') : value
  })
}
