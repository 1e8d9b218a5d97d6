import {
  JsonLogsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufTraceSerializer,
  type IExportLogsServiceResponse,
  type IExportTraceServiceResponse,
  type ISerializer,
} from '@opentelemetry/otlp-transformer'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'

export type Encoding = 'protobuf' | 'json'

export interface Serializers {
  readonly contentType: string
  readonly spans: ISerializer<ReadableSpan[], IExportTraceServiceResponse>
  readonly events: ISerializer<ReadableLogRecord[], IExportLogsServiceResponse>
}

/** OpenTelemetry's own serializers: neither needs `eval`, so both run in Workers. */
export const serializersOf: Readonly<Record<Encoding, Serializers>> = {
  protobuf: {
    contentType: 'application/x-protobuf',
    spans: ProtobufTraceSerializer,
    events: ProtobufLogsSerializer,
  },
  json: { contentType: 'application/json', spans: JsonTraceSerializer, events: JsonLogsSerializer },
}
