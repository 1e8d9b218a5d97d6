/** Fields of an ExportMetricsServiceRequest, https://github.com/open-telemetry/opentelemetry-proto (metrics/v1), as data. */
import type { Field, MessageType, Scalar } from './protobuf-message.ts'

type Type = Scalar | (() => MessageType)

const one = (name: string, type: Type): Field => ({ name, type })
const many = (name: string, type: Type): Field => ({ name, type, repeated: true })

const anyValue: MessageType = {
  1: one('stringValue', 'string'),
  2: one('boolValue', 'bool'),
  3: one('intValue', 'int64'),
  4: one('doubleValue', 'double'),
  5: one('arrayValue', () => ({ 1: many('values', () => anyValue) })),
  6: one('kvlistValue', () => ({ 1: many('values', () => keyValue) })),
  7: one('bytesValue', 'bytes'),
}

const keyValue: MessageType = { 1: one('key', 'string'), 2: one('value', () => anyValue) }

const exemplar: MessageType = {
  2: one('timeUnixNano', 'fixed64'),
  3: one('asDouble', 'double'),
  4: one('spanId', 'id'),
  5: one('traceId', 'id'),
  6: one('asInt', 'sfixed64'),
  7: many('filteredAttributes', () => keyValue),
}

const times: MessageType = { 2: one('startTimeUnixNano', 'fixed64'), 3: one('timeUnixNano', 'fixed64') }

const numberPoint: MessageType = {
  ...times,
  4: one('asDouble', 'double'),
  5: many('exemplars', () => exemplar),
  6: one('asInt', 'sfixed64'),
  7: many('attributes', () => keyValue),
  8: one('flags', 'uint32'),
}

const histogramPoint: MessageType = {
  ...times,
  4: one('count', 'fixed64'),
  5: one('sum', 'double'),
  6: many('bucketCounts', 'fixed64'),
  7: many('explicitBounds', 'double'),
  8: many('exemplars', () => exemplar),
  9: many('attributes', () => keyValue),
  10: one('flags', 'uint32'),
  11: one('min', 'double'),
  12: one('max', 'double'),
}

const buckets: MessageType = { 1: one('offset', 'sint32'), 2: many('bucketCounts', 'uint64') }

const exponentialPoint: MessageType = {
  ...times,
  1: many('attributes', () => keyValue),
  4: one('count', 'fixed64'),
  5: one('sum', 'double'),
  6: one('scale', 'sint32'),
  7: one('zeroCount', 'fixed64'),
  8: one('positive', () => buckets),
  9: one('negative', () => buckets),
  10: one('flags', 'uint32'),
  11: many('exemplars', () => exemplar),
  12: one('min', 'double'),
  13: one('max', 'double'),
}

const quantile: MessageType = { 1: one('quantile', 'double'), 2: one('value', 'double') }

const summaryPoint: MessageType = {
  ...times,
  4: one('count', 'fixed64'),
  5: one('sum', 'double'),
  6: many('quantileValues', () => quantile),
  7: many('attributes', () => keyValue),
  8: one('flags', 'uint32'),
}

const data = (point: MessageType): MessageType => ({
  1: many('dataPoints', () => point),
  2: one('aggregationTemporality', 'uint32'),
  3: one('isMonotonic', 'bool'),
})
const [gauge, sum, histogram] = [data(numberPoint), data(numberPoint), data(histogramPoint)]
const [exponentialHistogram, summary] = [data(exponentialPoint), data(summaryPoint)]

const metric: MessageType = {
  1: one('name', 'string'),
  2: one('description', 'string'),
  3: one('unit', 'string'),
  5: one('gauge', () => gauge),
  7: one('sum', () => sum),
  9: one('histogram', () => histogram),
  10: one('exponentialHistogram', () => exponentialHistogram),
  11: one('summary', () => summary),
}

const scope: MessageType = {
  1: one('name', 'string'),
  2: one('version', 'string'),
  3: many('attributes', () => keyValue),
  4: one('droppedAttributesCount', 'uint32'),
}

const scopeMetrics: MessageType = {
  1: one('scope', () => scope),
  2: many('metrics', () => metric),
  3: one('schemaUrl', 'string'),
}

const resource: MessageType = { 1: many('attributes', () => keyValue) }

const resourceMetrics: MessageType = {
  1: one('resource', () => resource),
  2: many('scopeMetrics', () => scopeMetrics),
  3: one('schemaUrl', 'string'),
}

export const metricsRequest: MessageType = { 1: many('resourceMetrics', () => resourceMetrics) }
