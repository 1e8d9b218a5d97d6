/** Events as the OTLP/JSON body of POST /v1/logs, https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
import type { AttributeName, EventName } from '@sandglass/schemas/semconv'

export type AttributeValue = string | number | boolean | readonly string[]

/** One event of the telemetry contract. */
export interface OtlpEvent {
  readonly name: EventName
  readonly timeMs: number
  readonly attributes: Readonly<Partial<Record<AttributeName, AttributeValue>>>
}

export type Resource = Readonly<Partial<Record<AttributeName, string>>>

const SCOPE_NAME = '@sandglass/enforcer'
const SEVERITY_INFO = 9
const NANOS_PER_MS = 1_000_000n

export function encodeLogs(resource: Resource, events: readonly OtlpEvent[]): string {
  const logRecords = events.map((event) => ({
    timeUnixNano: String(BigInt(Math.round(event.timeMs)) * NANOS_PER_MS),
    observedTimeUnixNano: String(BigInt(Math.round(event.timeMs)) * NANOS_PER_MS),
    severityNumber: SEVERITY_INFO,
    severityText: 'INFO',
    eventName: event.name,
    attributes: encodeAttributes(event.attributes),
  }))
  return JSON.stringify({
    resourceLogs: [
      {
        resource: { attributes: encodeAttributes(resource) },
        scopeLogs: [{ scope: { name: SCOPE_NAME }, logRecords }],
      },
    ],
  })
}

function encodeAttributes(attributes: Readonly<Record<string, AttributeValue>>): readonly object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: encodeValue(value) }))
}

function encodeValue(value: AttributeValue): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  return { arrayValue: { values: value.map((item) => ({ stringValue: item })) } }
}
