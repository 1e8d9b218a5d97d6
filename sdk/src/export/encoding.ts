import {
  ProtobufLogsSerializer,
  ProtobufTraceSerializer,
  type IExportLogsServiceResponse,
  type IExportTraceServiceResponse,
  type ISerializer,
} from '@opentelemetry/otlp-transformer'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'

/** How requests are written. */
export interface Serializers {
  readonly contentType: string
  readonly spans: ISerializer<ReadableSpan[], IExportTraceServiceResponse>
  readonly events: ISerializer<ReadableLogRecord[], IExportLogsServiceResponse>
}

/** Protobuf, or what `@sandglass/sdk/json` has. */
export type Encoding = 'protobuf' | Serializers

/** OpenTelemetry's own serializers need no `eval`, so they run in Workers. */
const protobuf: Serializers = {
  contentType: 'application/x-protobuf',
  spans: ProtobufTraceSerializer,
  events: ProtobufLogsSerializer,
}

export const serializersOf = (encoding: Encoding): Serializers =>
  encoding === 'protobuf' ? protobuf : encoding
