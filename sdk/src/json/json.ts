import { JsonLogsSerializer, JsonTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { Serializers } from '../export/encoding.ts'

/** OTLP as JSON, for receivers that read no protobuf: `createSandglass({ …, encoding: json })`. Twice the bytes. */
export const json: Serializers = {
  contentType: 'application/json',
  spans: JsonTraceSerializer,
  events: JsonLogsSerializer,
}
