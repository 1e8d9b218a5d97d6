/** Events of the collector's own making as the OTLP/JSON body that anyone else would send. */
import { attr } from '@sandglass/schemas/semconv'
import type { ChangeEvent } from './github-changes.ts'

const SERVICE = 'sandglass-collector'

/** The same events make the same bytes, so that a delivery that comes again is recognised. */
export function encodeEventBody(events: readonly ChangeEvent[]): Buffer {
  const logRecords = events.map(({ eventName, timeMs, attributes }) => ({
    timeUnixNano: `${BigInt(timeMs) * 1_000_000n}`,
    eventName,
    attributes: toKeyValues(attributes),
  }))
  const resource = { attributes: toKeyValues({ [attr.serviceName]: SERVICE }) }
  return Buffer.from(JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] }))
}

const toKeyValues = (attributes: Readonly<Record<string, string>>): readonly object[] =>
  Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }))
